/**
 * Replays what APIcast's loader was seen to do with a portal: the same variables, the same answers of the portal, the same
 * requests. What ends differently here is listed with its reason in `portal-deviations.json`.
 */
import { readFileSync } from 'node:fs'
import { createGateway, type Gateway, optionsFromEnv } from '@threescale/core'
import { afterAll, describe, expect, it, onTestFinished } from 'vitest'
import { TRANSPORT } from '../../packages/core/src/client/transport/transport.ts'
import { CLOCK } from '../../packages/core/src/primitives/clock.ts'
import { viewOf } from '../../packages/core/test/requests.ts'
import { ManualClock } from '../support/manual-clock.ts'
import { quietLogger } from '../support/quiet-logger.ts'
import { TYPE, YES } from '../support/socket-backend.ts'
import { type StubConfig, type StubPortal, startStubPortal } from '../support/stub-portal.ts'

interface Step {
  readonly portal?: string
  readonly host?: string
  readonly expect?: { readonly status: number; readonly service_id: string | null }
}
interface Case {
  readonly name: string
  readonly env: Readonly<Record<string, string>>
  readonly portal: string
  readonly starts: boolean
  readonly steps: readonly Step[]
}
/** What ended differently: whether it starts, and the statuses of the requests, in their order. */
interface Outcome {
  readonly starts: boolean
  readonly statuses: readonly number[]
}

const read = (path: string) => JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8'))
const { services, cases }: { services: Record<string, { id: number }>; cases: readonly Case[] } =
  read('portal/loading.json')
const deviations: readonly { readonly case: string; readonly ours: Outcome; readonly reason: string }[] =
  read('portal-deviations.json')

const configOf = (name: string, version = 1): StubConfig => {
  const content = services[name]!
  return { id: content.id, version, content }
}
const numbered = (n: number): StubConfig => ({
  ...configOf('A'),
  id: 1000 + n,
  content: {
    ...services.A,
    id: 1000 + n,
    proxy: { ...(services.A as { proxy?: object }).proxy, hosts: [`h${n}.example.com`] },
  },
})
const withoutMetric: StubConfig = {
  ...configOf('B'),
  content: {
    ...services.B,
    proxy: {
      ...(services.B as { proxy?: object }).proxy,
      proxy_rules: [{ http_method: 'GET', pattern: '/', delta: 1 }],
    },
  },
}
const status =
  (code: number): StubPortal['answer'] =>
  (_request, response) =>
    void response.writeHead(code).end()
const page =
  (body: string): StubPortal['answer'] =>
  (_request, response) =>
    void response.writeHead(200).end(body)
const many = Array.from({ length: 503 }, (_, n) => numbered(n))

/** What the portal answers, by the names of the recording. */
function answerAs(portal: StubPortal, name: string): void {
  const set = (configs: readonly StubConfig[], answer?: StubPortal['answer']) =>
    Object.assign(portal, { configs, pinned: [], answer })
  if (/^\d{3}$/.test(name)) return void set([], status(Number(name)))
  switch (name) {
    case 'connection closed':
      return void set([], ({ socket }) => void socket.destroy())
    case 'HTML with 200':
      return void set([], page('<!doctype html>'))
    case 'JSON without proxy_configs':
      return void set([], page('{"something":"else"}'))
    case 'empty list':
      return void set([])
    case 'A by spec.json only':
      return void set([], status(404))
    case '503 services on two pages':
      return void set(many)
    case '503 services, page 2 answers 500':
      return void set(many, (request, response) => {
        if (request.url?.includes('page=2&') === true) return void response.writeHead(500).end()
        portal.answer = undefined
        const body = JSON.stringify({ proxy_configs: many.slice(0, 100).map((one) => ({ proxy_config: one })) })
        response.writeHead(200).end(body)
        portal.answer = status(500)
      })
    case 'A and a service whose rule has no metric':
      return void set([configOf('A'), withoutMetric])
    case 'V42 in version 7, V43 latest, 44 not deployed':
      set([configOf('V42', 9), configOf('V43')])
      return void Object.assign(portal, { pinned: [configOf('V42', 7)] })
    default:
      set(name.split(' and ').map((one) => configOf(one, one === 'A_moved' ? 2 : 1)))
  }
}

async function replay({ env, portal: first, steps }: Case): Promise<Outcome> {
  const portal = await startStubPortal()
  onTestFinished(() => portal.close())
  answerAs(portal, first)
  const { pathname } = new URL(env.THREESCALE_PORTAL_ENDPOINT!)
  let gateway: Gateway
  try {
    const options = optionsFromEnv({
      ...env,
      THREESCALE_PORTAL_ENDPOINT: portal.endpoint + (pathname === '/' ? '' : '/master/api/proxy/configs'),
    })
    gateway = createGateway({
      ...options,
      portal: { ...options.portal!, startTimeoutMs: 1 },
      logger: quietLogger,
      [CLOCK]: new ManualClock('2026-03-10T10:20:30Z'),
      [TRANSPORT]: {
        request: async () => ({ status: 200, headers: { 'content-type': TYPE }, body: Buffer.from(YES) }),
      },
    } as object)
  } catch {
    return { starts: false, statuses: [] }
  }
  onTestFinished(() => gateway.close({ timeoutMs: 0 }).then(() => {}))
  const load = () =>
    gateway.reload().then(
      () => true,
      () => false,
    )
  if (!(await load())) return { starts: false, statuses: [] }
  const statuses: number[] = []
  for (const { portal: next, host } of steps) {
    if (next !== undefined) {
      answerAs(portal, next)
      await load()
    }
    if (host === undefined) continue
    const asked = portal.requests.length
    const decision = await gateway.evaluate({ ...viewOf({ url: '/x?user_key=k' }), host })
    statuses.push(decision.outcome === 'deny' ? decision.status : 200)
    // No request makes the gateway ask the portal.
    expect(portal.requests.length).toBe(asked)
  }
  return { starts: true, statuses }
}

const used = new Set<string>()

describe('the loader of APIcast', () => {
  it.each(cases.map((one) => [one.name, one] as const))('%s', async (name, one) => {
    const expected = {
      starts: one.starts,
      statuses: one.steps.flatMap((step) => (step.expect === undefined ? [] : [step.expect.status])),
    }
    const ours = await replay(one)
    const deviation = deviations.find((known) => known.case === name)
    if (deviation === undefined) return expect(ours).toEqual(expected)
    used.add(name)
    expect(ours).toEqual(deviation.ours)
    expect(ours).not.toEqual(expected)
    expect(deviation.reason.length).toBeGreaterThan(10)
  })

  afterAll(() => expect([...used].sort()).toEqual(deviations.map((one) => one.case).sort()))
})

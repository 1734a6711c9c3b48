/** A gateway that loads its configuration from the portal: start, following, and what happens when the portal fails. */
import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { Agent } from 'undici'
import { describe, expect, it, onTestFinished } from 'vitest'
import { eventually } from '../../../../test/support/eventually.ts'
import { settled } from '../../../../test/support/manual-clock.ts'
import { createPortalWorld, type PortalWorld } from '../../../../test/support/portal-world.ts'
import { quietLogger } from '../../../../test/support/quiet-logger.ts'
import { rejection } from '../../../../test/support/rejection.ts'
import { stubConfig } from '../../../../test/support/stub-portal.ts'
import { takeWarnings } from '../../../../test/support/warnings.ts'
import { ClosedError, LoadError } from '../../src/errors.ts'

const unusable = (id: number, version: number) =>
  stubConfig(id, version, { proxy: { proxy_rules: [{ http_method: 'GET', pattern: '/', delta: 1 }] } })

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'threescale-'))
  onTestFinished(() => rmSync(path, { recursive: true }))
  return path
}

const refuse = (status: number) => (_request: unknown, response: { writeHead(status: number): { end(): unknown } }) =>
  void response.writeHead(status).end()

describe('the start', () => {
  it('law 11: asks nothing before the first use, denies meanwhile, and serves what was loaded', async () => {
    const { portal, open, ask, clock } = await createPortalWorld([stubConfig(1), stubConfig(2)])
    const gateway = open()
    await settled()
    expect([portal.requests, clock.timers]).toEqual([[], 0])
    expect(await gateway.check()).toMatchObject({ ok: false, code: 'gateway_not_ready' })
    expect(await ask(gateway, 1)).toMatchObject({
      code: 'gateway_not_ready',
      status: 503,
      headers: { 'retry-after': '1' },
    })
    await gateway.ready()
    expect(await ask(gateway, 1)).toMatchObject({ outcome: 'allow', service: '1' })
    expect(await ask(gateway, 2)).toMatchObject({ outcome: 'allow', service: '2' })
    expect(portal.requests).toEqual([
      '/admin/api/account/proxy_configs/production.json?version=latest&page=1&per_page=100',
    ])
  })

  it('asks the portal neither per request nor for unknown hosts', async () => {
    const { portal, open, ask } = await createPortalWorld([stubConfig(1)])
    const gateway = open()
    await gateway.ready()
    for (let n = 0; n < 20; n++) {
      expect(await ask(gateway, `host-${n}.example.com`)).toMatchObject({ code: 'service_not_found', status: 404 })
    }
    expect(portal.requests).toHaveLength(1)
  })

  it('looks at the host of a single service, unless the options choose that service', async () => {
    const { open, ask } = await createPortalWorld([stubConfig(1), stubConfig(2)])
    const gateway = open({ serviceIds: ['2'] })
    await gateway.ready()
    expect(await ask(gateway, 'localhost:3000')).toMatchObject({ outcome: 'allow', service: '2' })
  })

  it('tries again, ever more rarely, until the portal answers', async () => {
    const { portal, open, ask, clock, until } = await createPortalWorld([stubConfig(1)])
    portal.answer = refuse(503)
    const gateway = open({ startTimeoutMs: 600_000 })
    const ready = gateway.ready()
    await until(() => portal.requests.length === 4, 'four attempts')
    expect(clock.elapsed()).toBeGreaterThan(3000)
    portal.answer = undefined
    await until(() => portal.requests.length === 5, 'the fifth attempt')
    await ready
    expect(await ask(gateway, 1)).toMatchObject({ outcome: 'allow' })
  })

  it('fails after startTimeoutMs, says why without secrets, and succeeds later', async () => {
    const { portal, open, ask, until, messages } = await createPortalWorld([stubConfig(1)])
    portal.answer = refuse(403)
    const gateway = open({ startTimeoutMs: 3000 })
    let failure: unknown
    gateway.ready().catch((error) => {
      failure = error
    })
    await until(() => failure !== undefined, 'the start fails')
    expect(failure).toBeInstanceOf(LoadError)
    expect(failure).toMatchObject({ code: 'ERR_THREESCALE_LOAD', reason: 'status_403', retryable: true })
    expect(inspect([failure, messages, gateway.options])).not.toContain('portal-token')
    expect(await ask(gateway, 1)).toMatchObject({ code: 'gateway_not_ready' })
    expect(await rejection(gateway.ready())).toBeInstanceOf(LoadError)
    portal.answer = undefined
    await gateway.ready()
    expect(await ask(gateway, 1)).toMatchObject({ outcome: 'allow' })
  })

  it('without a logger tells a refused token once, with what to do', async () => {
    const { portal, open, until } = await createPortalWorld([stubConfig(1)])
    portal.answer = refuse(403)
    const gateway = open({ startTimeoutMs: 5000 }, { logger: undefined })
    gateway.ready().catch(() => {})
    await until(() => portal.requests.length > 2, 'attempts')
    expect(await takeWarnings()).toEqual(['THREESCALE_CONFIGURATION_FAILED'])
  })

  it('is refused if no service can be used, and an empty list is none', async () => {
    const { portal, open, until } = await createPortalWorld([unusable(1, 1)])
    const gateway = open({ startTimeoutMs: 2000 })
    let problem = ''
    gateway.ready().catch(({ message }) => {
      problem = message
    })
    await until(() => problem !== '', 'the start fails')
    expect(problem).toContain('metric_system_name is missing')
    portal.configs = []
    expect(await rejection(gateway.reload())).toMatchObject({ reason: 'no_services' })
  })

  it('ends with the gateway', async () => {
    const { portal, open, clock } = await createPortalWorld([stubConfig(1)])
    portal.answer = () => {}
    const gateway = open()
    const ready = rejection(gateway.ready())
    await eventually(() => portal.requests.length === 1, 'the request')
    await gateway.close({ timeoutMs: 0 })
    expect(await ready).toBeInstanceOf(ClosedError)
    expect(await rejection(gateway.ready())).toBeInstanceOf(ClosedError)
    expect(await rejection(gateway.reload())).toBeInstanceOf(ClosedError)
    await settled()
    expect(clock.timers).toBe(0)
  })
})

describe('following', () => {
  it('serves what is deployed, added and removed, and says ids and versions only', async () => {
    const { portal, open, ask, messages } = await createPortalWorld([stubConfig(1), stubConfig(2)])
    const gateway = open()
    await gateway.ready()
    portal.configs = [stubConfig(3), stubConfig(1, 2, { proxy: { hosts: ['moved.example.com'] } })]
    const change = await gateway.reload()
    expect(change).toEqual({
      source: 'portal',
      services: [
        { id: '1', event: 'changed', from: 1, to: 2 },
        { id: '3', event: 'added', from: undefined, to: 1 },
        { id: '2', event: 'removed', from: 1, to: undefined },
      ],
    })
    expect(messages.at(-1)).toEqual({ event: 'changed', from: portal.host, code: undefined, ...change })
    expect(await ask(gateway, 'moved.example.com')).toMatchObject({ outcome: 'allow', service: '1' })
    for (const gone of [1, 2]) expect(await ask(gateway, gone)).toMatchObject({ code: 'service_not_found' })
    expect(await ask(gateway, 3)).toMatchObject({ outcome: 'allow', service: '3' })
    expect(inspect(messages, { depth: null })).not.toContain('token-')
  })

  it('asks conditionally at jittered intervals, and an unchanged list changes nothing', async () => {
    const { portal, open, clock, messages, until } = await createPortalWorld([stubConfig(1)])
    const gateway = open({ reloadMs: 10_000 })
    await gateway.ready()
    const began = clock.elapsed()
    await until(() => portal.requests.length === 3, 'two reloads')
    expect(clock.elapsed() - began).toBeGreaterThanOrEqual(10_000)
    expect(clock.elapsed() - began).toBeLessThanOrEqual(21_000)
    expect(portal.confirmed).toBe(2)
    await eventually(() => messages.length === 3, 'messages')
    expect(messages.map(({ event }) => event)).toEqual(['changed', 'unchanged', 'unchanged'])
    expect(await gateway.reload()).toEqual({ source: 'portal', services: [] })
  })

  it('loads once with reloadMs: false, besides reload()', async () => {
    const { portal, open, clock } = await createPortalWorld([stubConfig(1)])
    const gateway = open({ reloadMs: false })
    await gateway.ready()
    await clock.advance(86_400_000)
    expect(portal.requests).toHaveLength(1)
    portal.configs = [stubConfig(1, 2)]
    expect((await gateway.reload()).services).toMatchObject([{ from: 1, to: 2 }])
  })

  it('reads all pages, and keeps a service that a deployment moves behind them meanwhile', async () => {
    const world = await createPortalWorld(Array.from({ length: 9 }, (_, i) => stubConfig(i + 1)))
    const many = Array.from({ length: 100 }, (_, i) => stubConfig(1000 + i))
    world.portal.configs = [...many, ...world.portal.configs]
    const gateway = world.open()
    await gateway.ready()
    expect(world.portal.requests.map((target) => /&(page=\d+)/.exec(target)![1])).toEqual(['page=1', 'page=2'])
    expect(await world.ask(gateway, 9)).toMatchObject({ outcome: 'allow' })
    // Between the first page and the second, the first product is deployed anew and goes to the end.
    const [first, ...rest] = world.portal.configs
    world.portal.answer = (request, response) => {
      world.portal.answer = undefined
      const emit = request.url!
      expect(emit).toContain('page=1&')
      const body = JSON.stringify({
        proxy_configs: world.portal.configs.slice(0, 100).map(({ id, version, content }) => ({
          proxy_config: { id, version, content },
        })),
      })
      world.portal.configs = [...rest, { ...first!, version: 2 }]
      response.writeHead(200, { 'content-type': 'application/json' }).end(body)
    }
    expect((await gateway.reload()).services).toEqual([{ id: '1000', event: 'changed', from: 1, to: 2 }])
    expect(await world.ask(gateway, 1)).toMatchObject({ outcome: 'allow' })
  })

  it('takes content as text, the newest of several versions, and the lists of a master portal', async () => {
    const { portal, open, ask } = await createPortalWorld([
      { ...stubConfig(1, 3), content: JSON.stringify(stubConfig(1, 3).content) },
      stubConfig(1, 2, { proxy: { hosts: ['old.example.com'] } }),
    ])
    const gateway = open({ endpoint: `${portal.endpoint}/master/api/proxy/configs/`, environment: 'staging' })
    await gateway.ready()
    expect(portal.requests[0]).toMatch(/^\/master\/api\/proxy\/configs\/staging\.json\?/)
    expect(await ask(gateway, 1)).toMatchObject({ outcome: 'allow' })
    expect(await ask(gateway, 'old.example.com')).toMatchObject({ code: 'service_not_found' })
  })

  it('serves pinned versions and chosen services', async () => {
    const { portal, open, ask } = await createPortalWorld([stubConfig(1, 5), stubConfig(2), stubConfig(3)])
    portal.pinned = [stubConfig(1, 4, { proxy: { hosts: ['pinned.example.com'] } })]
    const gateway = open({ versions: { 1: 4, 3: 1 }, serviceIds: ['1', '2', '7'] })
    await gateway.ready()
    expect(await ask(gateway, 'pinned.example.com')).toMatchObject({ outcome: 'allow', service: '1' })
    expect(await ask(gateway, 2)).toMatchObject({ outcome: 'allow' })
    expect(await ask(gateway, 3)).toMatchObject({ code: 'service_not_found' })
    await gateway.reload()
    expect(portal.requests.filter((target) => target.includes('/services/'))).toEqual([
      '/admin/api/services/1/proxy/configs/production/4.json',
    ])
  })

  it('answers 503 for a pinned version that the portal does not have, until it has', async () => {
    const { portal, open, ask } = await createPortalWorld([stubConfig(1, 5), stubConfig(2)])
    const gateway = open({ versions: { 1: 4 } })
    await gateway.ready()
    expect(await ask(gateway, 1)).toMatchObject({ code: 'service_unusable', status: 503 })
    expect(await gateway.check()).toMatchObject({ ok: false, code: 'service_unusable' })
    portal.pinned = [stubConfig(1, 4)]
    await gateway.reload()
    expect(await ask(gateway, 1)).toMatchObject({ outcome: 'allow' })
  })

  it('is asked by the dispatcher that carries the calls to the backend', async () => {
    const { open } = await createPortalWorld([stubConfig(1)])
    const agent = new Agent()
    onTestFinished(() => agent.close())
    const asked: string[] = []
    const dispatcher = {
      dispatch(options: { origin: string; path: string }, handler: object) {
        asked.push(options.path)
        return agent.dispatch(options as never, handler as never)
      },
    }
    await open({}, { dispatcher: dispatcher as never }).ready()
    expect(asked).toEqual(['/admin/api/account/proxy_configs/production.json?version=latest&page=1&per_page=100'])
  })

  it('is asked once for all gateways of the process with the same portal', async () => {
    const { portal, open, ask, until } = await createPortalWorld([stubConfig(1)])
    const gateways = [open(), open(), open()]
    await Promise.all(gateways.map((gateway) => gateway.ready()))
    expect(portal.requests).toHaveLength(1)
    portal.configs = [stubConfig(1, 2), stubConfig(2)]
    await until(() => portal.requests.length === 2, 'a reload')
    for (const gateway of gateways) {
      await gateway.reload()
      expect(await ask(gateway, 2)).toMatchObject({ outcome: 'allow' })
    }
    await Promise.all(gateways.slice(1).map((gateway) => gateway.close({ timeoutMs: 0 })))
    portal.configs = [stubConfig(3)]
    await gateways[0]!.reload()
    expect(await ask(gateways[0]!, 3)).toMatchObject({ outcome: 'allow' })
    const asked = portal.requests.length
    await open({ reloadMs: 60_000 }).ready()
    expect(portal.requests.length).toBe(asked + 1)
  })
})

describe('what the portal answers wrongly', () => {
  const page =
    (body: string) => (_request: unknown, response: { writeHead(status: number): { end(text: string): void } }) =>
      response.writeHead(200).end(body)

  it.each([
    ['status_500', refuse(500)],
    ['status_403', refuse(403)],
    ['status_429', refuse(429)],
    ['redirect', refuse(301)],
    ['not_json', page('<!doctype html><title>Maintenance</title>')],
    ['not_json', page('[]')],
    ['no_list', page('{}')],
    ['no_list', page('{"proxy_configs":{}}')],
    ['no_list', page('{"error":"Access denied"}')],
    ['no_services', page('{"proxy_configs":[]}')],
    ['no_entry', page('{"proxy_configs":[{}]}')],
    ['no_entry', page('{"proxy_configs":[{"proxy_config":{"version":1,"content":null}}]}')],
    ['no_entry', page('{"proxy_configs":[{"proxy_config":{"version":1,"content":"{"}}]}')],
    ['UND_ERR_SOCKET', ({ socket }: { socket: { destroy(): void } }) => socket.destroy()],
  ] as [string, PortalWorld['portal']['answer']][])('keeps what is there: %s', async (reason, answer) => {
    const { portal, open, ask, messages } = await createPortalWorld([stubConfig(1), stubConfig(2)])
    const gateway = open()
    await gateway.ready()
    portal.answer = answer
    expect(await rejection(gateway.reload())).toMatchObject({ code: 'ERR_THREESCALE_LOAD', reason })
    expect(messages.at(-1)).toMatchObject({ event: 'failed', code: reason, services: [] })
    for (const id of [1, 2]) expect(await ask(gateway, id)).toMatchObject({ outcome: 'allow' })
    portal.answer = undefined
    expect(await gateway.reload()).toEqual({ source: 'portal', services: [] })
    expect(messages.at(-1)?.event).toBe('recovered')
  })

  it('a hanging portal holds no request, and is given up after timeoutMs', async () => {
    const { portal, open, ask, clock } = await createPortalWorld([stubConfig(1)])
    const gateway = open({ timeoutMs: 10_000 })
    await gateway.ready()
    portal.answer = () => {}
    const reload = rejection(gateway.reload())
    await eventually(() => portal.requests.length === 2, 'the request')
    expect(await ask(gateway, 1)).toMatchObject({ outcome: 'allow' })
    await clock.advance(10_000)
    expect(await reload).toMatchObject({ reason: 'ERR_THREESCALE_TIMEOUT' })
  })

  it('failures are followed by ever longer pauses, up to the interval', async () => {
    const { portal, open, clock, until } = await createPortalWorld([stubConfig(1)])
    const gateway = open({ reloadMs: 60_000 })
    await gateway.ready()
    portal.answer = refuse(500)
    const at: number[] = []
    for (let n = 2; n < 12; n++) {
      await until(() => portal.requests.length >= n, 'a reload')
      at.push(clock.elapsed())
    }
    const pauses = at.slice(1).map((time, i) => time - at[i]!)
    expect(pauses[0]).toBeLessThanOrEqual(2000)
    expect(pauses.at(-1)).toBeGreaterThanOrEqual(29_000)
    expect(Math.max(...pauses)).toBeLessThanOrEqual(61_000)
  })

  it('law 18: a service that cannot be used stays as it was, or is 503; the others go on', async () => {
    const { portal, open, ask, messages } = await createPortalWorld([stubConfig(1), stubConfig(2)])
    const gateway = open()
    await gateway.ready()
    portal.configs = [unusable(1, 2), stubConfig(2, 2), unusable(3, 1)]
    expect((await gateway.reload()).services).toEqual([
      { id: '2', event: 'changed', from: 1, to: 2 },
      { id: '1', event: 'kept', from: 1, to: 2 },
      { id: '3', event: 'unusable', from: undefined, to: 1 },
    ])
    for (const id of [1, 2]) expect(await ask(gateway, id)).toMatchObject({ outcome: 'allow' })
    expect(await ask(gateway, 3)).toMatchObject({ code: 'service_unusable', status: 503 })
    expect(messages.at(-1)?.event).toBe('changed')
    portal.configs = [stubConfig(1, 3), stubConfig(2, 2), stubConfig(3, 2)]
    expect((await gateway.reload()).services.map(({ id, event }) => [id, event])).toEqual([
      ['1', 'changed'],
      ['3', 'added'],
    ])
    expect(await ask(gateway, 3)).toMatchObject({ outcome: 'allow' })
  })
})

describe('the last good file', () => {
  const writable = (mode: number) => (path: string, good: string) => {
    writeFileSync(path, good)
    chmodSync(path, mode)
  }

  it('starts the gateway while the portal is down, is the owner’s alone, and ends in the portal’s configuration', async () => {
    const lastGoodFile = join(folder(), 'last-good.json')
    const { portal, open, ask, until, messages } = await createPortalWorld([stubConfig(1), stubConfig(2)])
    const before = open({ lastGoodFile })
    await before.ready()
    await eventually(() => existsSync(lastGoodFile), 'the file')
    expect(statSync(lastGoodFile).mode & 0o777).toBe(0o600)
    expect(readdirSync(join(lastGoodFile, '..'))).toEqual(['last-good.json'])
    expect(JSON.parse(readFileSync(lastGoodFile, 'utf8')).proxy_configs).toHaveLength(2)
    await before.close({ timeoutMs: 0 })

    portal.answer = refuse(500)
    const gateway = open({ lastGoodFile, startTimeoutMs: 3000 })
    let ready = false
    gateway.ready().then(() => {
      ready = true
    })
    await until(() => ready, 'the start')
    expect(messages.at(-1)).toMatchObject({ event: 'changed', source: 'last-good-file', from: lastGoodFile })
    expect(await ask(gateway, 2)).toMatchObject({ outcome: 'allow' })
    portal.answer = undefined
    portal.configs = [stubConfig(2, 2), stubConfig(3)]
    const heard = messages.length
    const changed = () => messages.slice(heard).some((one) => one.source === 'portal' && one.event === 'changed')
    await until(changed, 'the portal')
    expect(await ask(gateway, 3)).toMatchObject({ outcome: 'allow' })
    expect(await ask(gateway, 1)).toMatchObject({ code: 'service_not_found' })
  })

  it('keeps the version of each service that could be used', async () => {
    const lastGoodFile = join(folder(), 'last-good.json')
    const { portal, open } = await createPortalWorld([stubConfig(1), stubConfig(2)])
    const gateway = open({ lastGoodFile })
    await gateway.ready()
    portal.configs = [unusable(1, 2), stubConfig(2, 2)]
    await gateway.reload()
    const { proxy_configs: list } = JSON.parse(readFileSync(lastGoodFile, 'utf8'))
    expect(list.map((one: { proxy_config: { version: number } }) => one.proxy_config.version)).toEqual([1, 2])
  })

  it('keeps what the process before could use, and this one never could', async () => {
    const lastGoodFile = join(folder(), 'last-good.json')
    const { portal, open } = await createPortalWorld([stubConfig(1), stubConfig(2), stubConfig(3)])
    const before = open({ lastGoodFile })
    await before.reload()
    await before.close({ timeoutMs: 0 })
    // As it might be after an edit by hand.
    const { proxy_configs: written } = JSON.parse(readFileSync(lastGoodFile, 'utf8'))
    writeFileSync(lastGoodFile, JSON.stringify({ proxy_configs: [null, {}, ...written] }))
    portal.configs = [unusable(1, 2), stubConfig(2, 2)]
    await open({ lastGoodFile }).reload()
    const { proxy_configs: list } = JSON.parse(readFileSync(lastGoodFile, 'utf8'))
    expect(list).toEqual([written[0], { proxy_config: { version: 2, content: stubConfig(2, 2).content } }])
  })

  it.each(['{', '[]', '{}', '{"proxy_configs":{}}'])('is written whatever it was: %s', async (text) => {
    const lastGoodFile = join(folder(), 'last-good.json')
    writeFileSync(lastGoodFile, text)
    const { open } = await createPortalWorld([unusable(1, 2), stubConfig(2)])
    await open({ lastGoodFile }).reload()
    const { proxy_configs: list } = JSON.parse(readFileSync(lastGoodFile, 'utf8'))
    expect(list).toHaveLength(1)
  })

  it.each([
    ['ENOENT', undefined],
    ['not_json', '{'],
    ['unusable', '{"proxy_configs":[]}'],
  ])('that cannot be used (%s) fails the start', async (reason, text) => {
    const lastGoodFile = join(folder(), 'last-good.json')
    if (text !== undefined) writeFileSync(lastGoodFile, text)
    const { portal, open, until } = await createPortalWorld([stubConfig(1)])
    portal.answer = refuse(500)
    const gateway = open({ lastGoodFile, startTimeoutMs: 2000 })
    let failure: { reason?: string } = {}
    gateway.ready().catch((error) => {
      failure = error
    })
    await until(() => failure.reason !== undefined, 'the start fails')
    expect(failure.reason).toBe(reason)
  })

  it.each<[string, (path: string, good: string) => void]>([
    ['not_a_file', (path) => mkdirSync(path)],
    ['not_a_file', (path) => execFileSync('mkfifo', [path])],
    ['not_a_file', (path) => symlinkSync('/dev/null', path)],
    ['ELOOP', (path) => symlinkSync(path, path)],
    ['writable_by_others', writable(0o666)],
    ['writable_by_others', writable(0o620)],
  ])('that another user may have written, or is no file (%s), starts nothing', async (reason, make) => {
    const lastGoodFile = join(folder(), 'last-good.json')
    const good = JSON.stringify({ proxy_configs: [{ proxy_config: stubConfig(1) }] })
    make(lastGoodFile, good)
    const { portal, open, ask, until } = await createPortalWorld([stubConfig(2)])
    portal.answer = refuse(500)
    const gateway = open({ lastGoodFile, startTimeoutMs: 2000 })
    let failure: { reason?: string } = {}
    gateway.ready().catch((error) => {
      failure = error
    })
    await until(() => failure.reason !== undefined, 'the start fails')
    expect(failure.reason).toBe(reason)
    expect(await ask(gateway, 1)).toMatchObject({ code: 'gateway_not_ready' })
  })

  it('is read where a link or the administrator put it', async () => {
    const path = folder()
    const lastGoodFile = join(path, 'last-good.json')
    const good = { proxy_configs: [{ proxy_config: stubConfig(1) }] }
    writeFileSync(join(path, 'elsewhere.json'), JSON.stringify(good), { mode: 0o644 })
    symlinkSync('elsewhere.json', lastGoodFile)
    const { portal, open, ask, until, messages } = await createPortalWorld([stubConfig(2)])
    portal.answer = refuse(500)
    const gateway = open({ lastGoodFile, startTimeoutMs: 2000 })
    gateway.ready()
    await until(() => messages.some(({ source }) => source === 'last-good-file'), 'the start')
    expect(await ask(gateway, 1)).toMatchObject({ outcome: 'allow' })
    portal.answer = undefined
    await gateway.reload()
    // The link is replaced, and what it led to stays as it was.
    expect(lstatSync(lastGoodFile).isFile()).toBe(true)
    expect(JSON.parse(readFileSync(join(path, 'elsewhere.json'), 'utf8'))).toEqual(good)
  })

  it('that cannot be written is told, and the gateway goes on', async () => {
    const { open, ask } = await createPortalWorld([stubConfig(1)])
    const gateway = open({ lastGoodFile: join(folder(), 'missing', 'last-good.json') }, { logger: undefined })
    await gateway.reload()
    expect(await ask(gateway, 1)).toMatchObject({ outcome: 'allow' })
    expect(await takeWarnings()).toEqual(['THREESCALE_LAST_GOOD_FILE'])
  })
})

describe('a version that cannot be used', () => {
  const sharing = (id: number, version: number, pattern: string) =>
    stubConfig(id, version, {
      proxy: {
        hosts: ['shared'],
        proxy_rules: [{ http_method: 'GET', pattern, metric_system_name: 'hits', delta: 1 }],
      },
    })

  it.each([true, false])('is told, whatever was told a moment ago (with a logger: %s)', async (hasLogger) => {
    const lines: string[] = []
    const logger = { ...quietLogger, warn: (_facts: object, message?: string) => void lines.push(message ?? '') }
    const { portal, open } = await createPortalWorld([1, 2, 3].map((id) => stubConfig(id)))
    const gateway = open({}, { logger: hasLogger ? logger : undefined })
    for (const id of [1, 2, 3]) {
      portal.configs = [1, 2, 3].map((one) => (one === id ? unusable(one, 2) : stubConfig(one)))
      await gateway.reload()
    }
    const codes = await takeWarnings()
    expect(codes).toEqual(hasLogger ? [] : [1, 2, 3].map((number) => `THREESCALE_CONFIGURATION_${number}`))
    if (hasLogger) expect(lines.map((line) => line.slice(0, 9))).toEqual(['service 1', 'service 2', 'service 3'])
  })

  it('leaves its service its place among those of its host', async () => {
    const { portal, open, ask } = await createPortalWorld([1, 2, 3].map((id) => sharing(id, 1, id === 1 ? '/b' : '/a')))
    const gateway = open({}, { pathRouting: true })
    await gateway.ready()
    expect(await ask(gateway, 'shared', '/a?user_key=key')).toMatchObject({ outcome: 'allow', service: '2' })
    portal.configs = [unusable(2, 2), sharing(3, 2, '/a')]
    await gateway.reload()
    expect(await ask(gateway, 'shared', '/a?user_key=key')).toMatchObject({ outcome: 'allow', service: '2' })
  })

  it('brings nothing back of its service, if the document has it a second time', async () => {
    const configFile = join(folder(), 'config.json')
    const write = (...services: { readonly content: object | string }[]) =>
      writeFileSync(configFile, JSON.stringify({ services: services.map(({ content }) => content) }))
    const { open, ask, calls } = await createPortalWorld([])
    write(sharing(1, 1, '/old'))
    const gateway = open({}, { portal: undefined, configFile, pathRouting: true })
    await gateway.ready()
    for (const [pattern, order] of [
      ['/new', [1, 0]],
      ['/newer', [0, 1]],
      ['/newest', [0, 1]],
    ] as const) {
      const both = [unusable(1, 2), sharing(1, 2, pattern)]
      write(...order.map((at) => both[at]!), unusable(1, 3))
      await gateway.reload()
      expect(await ask(gateway, 'shared', `${pattern}?user_key=key`)).toMatchObject({ outcome: 'allow', service: '1' })
      expect(await ask(gateway, 'shared', '/old?user_key=key')).toMatchObject({ code: 'no_mapping_rule' })
    }
    expect(calls).toHaveLength(3)
  })
})

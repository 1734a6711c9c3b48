/** Law 13: a request is counted at the price of what serves it, or it is not served, in every framework, however it is written. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Backend, startBackend } from './backend.ts'
import { type OddRequest, oddRequest, plainRequest, smaller } from './odd-request.ts'
import { type OpenedSite, openSite } from './opened-site.ts'
import { SITES } from './sites/all.ts'

/** Requests to all sites together. */
const RUNS = Number(process.env.FUZZ_RUNS ?? 20_000)
const RUNS_OF_SITE = Math.ceil(RUNS / SITES.length)
/** Seed of the first request to a site; a failure prints one that makes its request the first. Default: each site its own. */
const { SERVED_SEED } = process.env
const START = Date.now() % 2 ** 31

let backend: Backend
beforeAll(async () => {
  backend = await startBackend()
})
afterAll(() => backend.close())

/** Requests that reached a handler. */
let reached = 0

describe.each(SITES.map((planned) => [planned.name, planned] as const))('%s', (name, planned) => {
  let site: OpenedSite
  beforeAll(async () => {
    site = await openSite(planned, backend)
  })
  afterAll(() => site.close())

  it('serves each plain request at its price', async () => {
    for (const [offer, plain] of site.offers) expect(await site.ask(plainRequest(plain))).toBe(offer)
  })

  it('law 13: counts whatever it serves at its price', { timeout: Math.max(20_000, RUNS_OF_SITE * 20) }, async () => {
    const plain = [...site.offers.values()]
    const first = SERVED_SEED === undefined ? START + SITES.indexOf(planned) * RUNS_OF_SITE : Number(SERVED_SEED)
    const problems: string[] = []
    for (let run = 0; run < RUNS_OF_SITE && problems.length < 3; run++) {
      const seed = (first + run) | 0
      const request = oddRequest(plain, seed, planned.plan.http2 === true)
      const answer = await site.ask(request)
      if (answer === undefined) continue
      reached++
      if (!site.offers.has(answer)) problems.push(await told(request, seed))
    }
    expect(problems).toEqual([])
  })

  async function told(request: OddRequest, seed: number): Promise<string> {
    const small = await smallest(request)
    const command = `SERVED_SEED=${seed} FUZZ_RUNS=1 npx vitest run test/served -t ${JSON.stringify(name)}`
    return `${await site.ask(small)} for ${JSON.stringify(small)}; repeat with: ${command}`
  }

  /** The smallest request found that is still served at a wrong price. */
  async function smallest(request: OddRequest): Promise<OddRequest> {
    for (const other of smaller(request)) {
      const answer = await site.ask(other)
      if (answer !== undefined && !site.offers.has(answer)) return smallest(other)
    }
    return request
  }
})

it.runIf(RUNS >= 10_000)('reaches handlers with a good share of the requests', () => {
  expect(reached / (RUNS_OF_SITE * SITES.length)).toBeGreaterThan(0.15)
})

// @ts-check
/** Scenarios of background work that could hold the event loop. Each belongs in a fresh process. */
import { createAnswers } from '../backend/answers.js'
import { gatewayThrough, NEVER_REFRESHED } from '../backend/gateway.js'
import { userKey } from '../backend/provider.js'
import { longestTurn } from '../measure/longest-turn.js'
import { reload } from './reloading.js'
import { replay } from './replaying.js'

/** @type {Record<string, () => ReturnType<typeof longestTurn>>} */
const SCENARIOS = {
  async 'flush of 10,000 applications'() {
    const gateway = await used({ applications: 10_000, times: 1 })
    return longestTurn(() => gateway.flush({ timeoutMs: 60_000 }))
  },
  async 'flush of 95,000 transactions with response codes'() {
    const gateway = await used({ applications: 100, times: 950, responseCodes: true })
    return longestTurn(() => gateway.flush({ timeoutMs: 60_000 }))
  },
  async 'close with 10,000 applications'() {
    const gateway = await used({ applications: 10_000, times: 1 })
    return longestTurn(() => gateway.close({ timeoutMs: 60_000 }))
  },
  async 'close with 95,000 responses that have not ended'() {
    const gateway = await used({ applications: 100, times: 950, responseCodes: true, ended: false })
    return longestTurn(() => gateway.close({ timeoutMs: 60_000 }))
  },
  'taking over 100,000 records of 10,000 applications': replay,
  'reload of 500 products with 50 rules each': reload,
}

export const STALLS = Object.keys(SCENARIOS)

/** @param {string} name one of `STALLS` */
export function stall(name) {
  const scenario = SCENARIOS[name]
  if (scenario === undefined) throw new Error(`no scenario ${name}`)
  return scenario()
}

/**
 * A gateway with usage that waits to be reported.
 *
 * @param {{ applications: number, times: number, responseCodes?: boolean, ended?: boolean }} usage `times`: requests of
 *   each application. `ended`: whether their responses have ended.
 */
async function used({ applications, times, responseCodes = false, ended = true }) {
  const gateway = gatewayThrough(createAnswers({ limitCount: 0, counting: false }), {
    cache: { ...NEVER_REFRESHED, maxApplications: 2 * applications },
    report: { intervalMs: 3_600_000, maxPending: 10_000_000 },
    responseCodes,
  })
  for (let time = 0; time < times; time += 1) {
    for (let application = 0; application < applications; application += 1) {
      const view = { method: 'GET', url: `/?user_key=${userKey(application)}`, header: () => undefined }
      const decision = await gateway.evaluate(view)
      if (ended) gateway.settle(decision, { status: 200 + (time % 50), finished: true, header: () => undefined })
    }
  }
  return gateway
}

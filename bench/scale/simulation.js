// @ts-check
/** Simulates the traffic of a fleet through the real gateway and client, and counts the backend calls. */
import { createAnswers } from '../backend/answers.js'
import { gatewayThrough } from '../backend/gateway.js'
import { appKey, applicationId, userKey } from '../backend/provider.js'
import { createRandom } from './random.js'
import { createSimulatedClock, quiet } from './simulated-clock.js'

/**
 * @typedef {object} Traffic
 * @property {number} requests spread evenly over the time, each from a random caller to a random process
 * @property {number} applications
 * @property {number} keys per application, all used equally
 * @property {'userKey' | 'appId'} kind
 * @property {number} processes
 * @property {number} seconds
 */

/** @typedef {{ authorize: number, authrep: number, report: number, denied: number, seconds: number }} Outcome */

// The middle of a minute, a day and a month, so that only minutes end within a simulation.
const START = Date.UTC(2026, 0, 15, 10, 20, 30)
const TICK_MS = 1

/**
 * @param {Traffic} traffic
 * @returns {Promise<Outcome>}
 */
export async function simulate({ requests, applications, keys, kind, processes, seconds }) {
  const began = Date.now()
  const clock = createSimulatedClock(START)
  const answers = createAnswers({
    limitCount: 3,
    now: clock.now,
    appKeys: kind === 'appId' ? Array.from({ length: keys }, (_, key) => appKey(key)) : [],
  })
  const gateways = Array.from({ length: processes }, () =>
    gatewayThrough(
      answers,
      {
        credentials: { kind },
        // The bound also limits callers, and each user key is one caller.
        cache: { maxApplications: applications * keys },
      },
      clock,
    ),
  )
  const random = createRandom(1)
  const ticks = (seconds * 1000) / TICK_MS
  let sent = 0
  let denied = 0
  const judge = (/** @type {{ outcome: string }} */ decision) => {
    if (decision.outcome !== 'allow') denied += 1
  }
  for (let tick = 1; tick <= ticks; tick += 1) {
    for (const due = Math.floor((requests * tick) / ticks); sent < due; sent += 1) {
      const application = random(applications)
      const key = random(keys)
      const view = viewOf(kind, application, key)
      const decision = gateways[random(processes)]?.evaluate(view)
      if (decision instanceof Promise) decision.then(judge)
      else if (decision !== undefined) judge(decision)
    }
    await clock.advance(TICK_MS)
  }
  await quiet()
  const { authorize, authrep, report } = answers.calls
  await Promise.all(gateways.map((gateway) => gateway.close()))
  return { authorize, authrep, report, denied, seconds: (Date.now() - began) / 1000 }
}

/**
 * @param {string} kind
 * @param {number} application
 * @param {number} key
 */
function viewOf(kind, application, key) {
  const query =
    kind === 'appId'
      ? `app_id=${applicationId(application)}&app_key=${appKey(key)}`
      : `user_key=${userKey(application, key)}`
  return { method: 'GET', url: `/v1/words/word?${query}`, host: 'api.example.com', header: () => undefined }
}

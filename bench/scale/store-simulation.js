// @ts-check
/** Simulates a fleet that shares a store through the real gateway and session, with the model of Redis. Counts calls. */
import { redisStore } from '@threescale/redis'
import { createAnswers } from '../backend/answers.js'
import { gatewayThrough } from '../backend/gateway.js'
import { userKey } from '../backend/provider.js'
import { createModelRedis } from './model-redis.js'
import { createRandom } from './random.js'
import { createSimulatedClock, quiet } from './simulated-clock.js'

/**
 * @typedef {object} SharedTraffic
 * @property {number} requestsPerSecond spread evenly over the time, each from a random caller to a random process
 * @property {number} applications with a user key each
 * @property {number} processes
 * @property {number} limitCount 0: no application has a limit
 * @property {number} fromSecond what happens before is not counted
 * @property {number} seconds
 */

/** @typedef {{ authorize: number, report: number, commands: number, denied: number }} PerSecond */

const START = Date.UTC(2026, 0, 15, 10, 20, 10)
const TICK_MS = 0.1
/** Until Redis answers. */
const ROUND_TRIP_MS = 0.5

/**
 * @param {SharedTraffic} traffic
 * @returns {Promise<PerSecond>}
 */
export async function simulateShared({ requestsPerSecond, applications, processes, limitCount, fromSecond, seconds }) {
  const clock = createSimulatedClock(START)
  const answers = createAnswers({ limitCount, now: clock.now })
  const redis = await createModelRedis(clock, { TTL: 10_000, STALE: 60_000, INTERVAL: 10_000, SETTLE: 60_000 })
  let commands = 0
  const send = async (/** @type {string[]} */ command) => {
    commands += 1
    const answer = redis.send(command)
    answer.catch(() => {})
    await new Promise((resolve) => clock.schedule(() => resolve(undefined), ROUND_TRIP_MS))
    return answer
  }
  const gateways = Array.from({ length: processes }, () =>
    gatewayThrough(answers, { cache: { maxApplications: applications }, store: redisStore({ send }) }, clock),
  )
  const random = createRandom(1)
  const perTick = (requestsPerSecond * TICK_MS) / 1000
  let sent = 0
  let denied = 0
  const judge = (/** @type {{ outcome: string }} */ decision) => {
    if (decision.outcome !== 'allow') denied += 1
  }
  let before = { authorize: 0, report: 0, commands: 0, denied: 0 }
  const count = () => {
    const { authorize, authrep, report } = answers.calls
    return { authorize: authorize + authrep, report, commands, denied }
  }
  for (let tick = 1; tick <= (seconds * 1000) / TICK_MS; tick += 1) {
    for (const due = Math.floor(perTick * tick); sent < due; sent += 1) {
      const url = `/v1/words/word?user_key=${userKey(random(applications))}`
      const decision = gateways[random(processes)]?.evaluate({ method: 'GET', url, header: () => undefined })
      if (decision instanceof Promise) decision.then(judge)
      else if (decision !== undefined) judge(decision)
    }
    await clock.advance(TICK_MS)
    if (tick === (fromSecond * 1000) / TICK_MS) before = count()
  }
  await quiet()
  const after = count()
  const rate = (/** @type {keyof PerSecond} */ what) => (after[what] - before[what]) / (seconds - fromSecond)
  return { authorize: rate('authorize'), report: rate('report'), commands: rate('commands'), denied: after.denied }
}

// @ts-check
/** Who decides about a request of an application: a gateway with or without a store, or a limiter that shares Redis. */
import { redisStore } from '@threescale/redis'
import { Redis } from 'ioredis'
import { RedisStore } from 'rate-limit-redis'
import { createAnswers } from '../backend/answers.js'
import { gatewayThrough, NEVER_REFRESHED } from '../backend/gateway.js'
import { userKey } from '../backend/provider.js'

/**
 * @typedef {object} Deciding
 * @property {'gateway' | 'limiter'} by
 * @property {number | undefined} [port] of Redis; undefined: the gateway has no store
 * @property {number} [limitCount]
 * @property {number | undefined} [limitMax]
 */

/** Applications whose requests take turns. */
export const APPLICATIONS = 1000
const LIMIT = 1_000_000_000_000

/**
 * @param {Deciding} settings
 * @returns {(application: number) => unknown} 'allow' or 'deny', or a promise of it
 */
export function createDecider({ by, port, limitCount = 3, limitMax }) {
  if (by === 'limiter') return limiter(connect(port))
  const answers = createAnswers({ limitCount, limitMax, counting: limitMax !== undefined })
  const send = port === undefined ? undefined : senderOf(connect(port))
  const gateway = gatewayThrough(answers, {
    cache: { ...NEVER_REFRESHED, maxApplications: APPLICATIONS + 1 },
    // No refreshes: the simulations count them.
    report: { intervalMs: 3_600_000, maxPending: 10_000_000 },
    ...(send !== undefined && { store: redisStore({ send, prefix: `${limitCount} of ${limitMax}:` }) }),
  })
  const views = Array.from({ length: APPLICATIONS }, (_, application) => ({
    method: 'GET',
    url: `/v1/words/word?user_key=${userKey(application)}`,
    header: () => undefined,
  }))
  return (application) => {
    const decision = gateway.evaluate(/** @type {import('@threescale/core').RequestView} */ (views[application]))
    return decision instanceof Promise ? decision.then(outcomeOf) : outcomeOf(decision)
  }
}

const outcomeOf = (/** @type {{ outcome: string }} */ { outcome }) => outcome

/** @param {number | undefined} port */
function connect(port) {
  return new Redis(Number(port), '127.0.0.1')
}

/**
 * As the README of `@threescale/redis` shows it.
 *
 * @param {Redis} redis
 * @returns {import('@threescale/redis').SendCommand}
 */
function senderOf(redis) {
  return ([name, ...args]) => redis.call(/** @type {string} */ (name), ...args)
}

/**
 * As the README of rate-limit-redis shows it: one counter of a window, without its middleware.
 *
 * @param {Redis} redis
 */
function limiter(redis) {
  const store = new RedisStore({
    sendCommand: (/** @type {string} */ command, /** @type {string[]} */ ...args) =>
      /** @type {Promise<any>} */ (redis.call(command, ...args)),
  })
  store.init(/** @type {any} */ ({ windowMs: 60_000 }))
  const keys = Array.from({ length: APPLICATIONS }, (_, application) => userKey(application))
  return async (/** @type {number} */ application) => {
    const { totalHits } = await store.increment(/** @type {string} */ (keys[application]))
    return totalHits <= LIMIT ? 'allow' : 'deny'
  }
}

// @ts-check
/** All benchmarks by name, in the order in which they run, with the numbers that they should reach. */
import { byHand } from './by-hand.js'
import { calls } from './calls.js'
import { connections } from './connections.js'
import { decisions } from './decisions.js'
import { decoding } from './decoding.js'
import { emulator } from './emulator.js'
import { fleet } from './fleet.js'
import { framework } from './frameworks.js'
import { matching } from './matching.js'
import { memory } from './memory.js'
import { middleware } from './middleware.js'
import { npmClient } from './npm-client.js'
import { reporting } from './reporting.js'
import { sharedFleet } from './shared-fleet.js'
import { stalls } from './stalls.js'
import { start } from './start.js'
import { store } from './store.js'
import { tokens } from './tokens.js'

/**
 * @typedef {{ rounds: number, seconds: number, before?: string | undefined }} Plan `before`: a checkout of other code to compare with
 * @typedef {object} Result
 * @property {import('../measure/row.js').Row[]} rows
 * @property {string} [detail] a table to print
 * @property {import('../measure/interleave.js').Runs} [runs] every run, for the JSON file
 * @typedef {(plan: Plan) => Promise<Result>} Benchmark
 */

/** @type {Record<string, Benchmark>} */
export const BENCHMARKS = {
  decision: decisions(
    {
      'cached hit': {},
      'with settle': { settle: true },
      'with settle and headers': { settle: true, readHeaders: true },
      'limits exceeded': { outcome: 'denied' },
      'no mapping rule': { outcome: 'no-rule' },
      'miss, no sockets': { outcome: 'miss' },
    },
    { minPerSecond: 1_800_000, minOfBefore: 1.2, maxBytes: 180 },
  ),
  rules: decisions({ '100 rules': {}, '1 rule': { rules: 1 }, '10,000 rules': { rules: 10_000 } }),
  matching,
  credentials: decisions({
    'user key in query': {},
    'user key in header': { location: 'headers' },
    'user key as Basic': { location: 'authorization' },
    'id and key in query': { kind: 'appId' },
    'id and key in headers': { kind: 'appId', location: 'headers' },
    'id and key as Basic': { kind: 'appId', location: 'authorization' },
  }),
  limits: decisions({ '3 limits': {}, '1 limit': { limitCount: 1 }, '20 limits, 5 or 10 touched': { limitCount: 20 } }),
  applications: decisions({ '1,000 applications': {}, '100,000 applications': { applications: 100_000 } }),
  headers: decisions({
    "rateLimitHeaders 'denied'": { readHeaders: true },
    'rateLimitHeaders false': { readHeaders: true, rateLimitHeaders: false },
    "rateLimitHeaders 'all'": { readHeaders: true, rateLimitHeaders: 'all' },
  }),
  journal: decisions({ 'with a journal': { journal: true }, 'without one': {} }, { minPerSecond: 400_000 }),
  tokens,
  stalls,
  decoding,
  reporting,
  middleware,
  start,
  express: framework('express', 0.97),
  koa: framework('koa', 0.95),
  fastify: framework('fastify', 0.92),
  'by-hand': byHand,
  connections,
  'npm-client': npmClient,
  emulator,
  calls,
  memory,
  fleet,
  'shared-fleet': sharedFleet,
  store,
}

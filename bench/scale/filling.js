// @ts-check
/** Fills a cache with many applications: its memory, whether the bound holds, and how long the process pauses. */
import { PerformanceObserver, performance } from 'node:perf_hooks'
import { createAnswers } from '../backend/answers.js'
import { gatewayThrough } from '../backend/gateway.js'
import { userKey } from '../backend/provider.js'
import { createSimulatedClock, quiet } from './simulated-clock.js'

/** @typedef {{ applications: number, more: number }} Filling more: callers beyond the bound */

const START = Date.UTC(2026, 0, 15, 10, 20, 30)
/** So long that hardly a caller is refreshed, because the simulations count that: a head start is a share of it. */
const TTL_MS = 86_400_000

/** @param {Filling} filling */
export async function fill({ applications, more }) {
  // A thousand more, which are in the cache before memory is measured.
  const bound = applications + 1000
  const clock = createSimulatedClock(START)
  const answers = createAnswers({ limitCount: 3, now: clock.now, counting: false })
  const gateway = gatewayThrough(
    answers,
    {
      cache: { maxApplications: bound, ttlMs: TTL_MS, staleMs: 2 * TTL_MS },
    },
    clock,
  )
  const ask = async (/** @type {number} */ from, /** @type {number} */ to) => {
    for (let first = from; first < to; first += 64) {
      const asked = []
      for (let application = first; application < Math.min(first + 64, to); application += 1)
        asked.push(gateway.evaluate(viewOf(application)))
      await Promise.all(asked)
      // Lets reports be sent meanwhile, as if every few thousand new callers took a second.
      if (first % 6400 === 0) await clock.advance(500)
    }
  }
  /** Until all usage is reported, and 3scale was asked once more about each application, which proves that it counted. */
  const rest = async () => {
    await clock.advance(60_000)
    await settled(answers)
    await clock.advance(2 * TTL_MS)
    await settled(answers)
    // What is proved is forgotten before the next report.
    await ask(0, 1)
    await clock.advance(60_000)
    await settled(answers)
  }
  await ask(0, 1000)
  await rest()
  const empty = used()
  const callsBefore = callsOf(answers)
  const fillingCollections = watchCollections()
  await ask(1000, applications + 1000)
  await clock.advance(60_000)
  await settled(answers)
  const collectionWhileFillingMs = await fillingCollections.end()
  const calls = callsOf(answers) - callsBefore
  const reported = used()

  const servingCollections = watchCollections()
  const start = performance.now()
  const turns = 1_000_000
  for (let turn = 0; turn < turns; turn += 1) gateway.evaluate(viewOf(1000 + ((turn * 7919) % applications)))
  const perSecond = (turns / (performance.now() - start)) * 1000
  const collectionWhileServingMs = await servingCollections.end()
  const waiting = used()
  await rest()
  const full = used()

  await ask(applications + 1000, applications + 1000 + more)
  await rest()
  const beyond = used()
  return {
    bytesPerApplication: (full - empty) / applications,
    growthBeyondBound: (beyond - empty) / applications,
    bytesWithUsageReported: (reported - empty) / applications,
    bytesWithUsageWaiting: (waiting - empty) / applications,
    perSecond,
    collectionWhileFillingMs,
    collectionWhileServingMs,
    calls,
    rss: process.memoryUsage().rss,
  }
}

/** @param {number} application */
const viewOf = (application) => ({
  method: 'GET',
  url: `/v1/words/word?user_key=${userKey(application)}`,
  header: () => undefined,
})

/**
 * Gives the gateway turns of the event loop until it asks and reports nothing more: it works in slices.
 *
 * @param {import('../backend/answers.js').Answers} answers
 */
async function settled(answers) {
  for (let before = -1; before !== callsOf(answers); ) {
    before = callsOf(answers)
    for (let turns = 0; turns < 500; turns += 1) await quiet()
  }
}

/** @param {import('../backend/answers.js').Answers} answers */
const callsOf = ({ calls }) => calls.authorize + calls.authrep + calls.report

/** Bytes in use after a full collection, including buffers. */
function used() {
  globalThis.gc?.()
  globalThis.gc?.()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

/** The longest garbage collection until `end`, in milliseconds. */
function watchCollections() {
  /** @type {number[]} */
  const durations = []
  const observer = new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) durations.push(entry.duration)
  })
  observer.observe({ entryTypes: ['gc'] })
  return {
    async end() {
      await new Promise((resolve) => setTimeout(resolve, 50))
      observer.disconnect()
      return Math.max(0, ...durations)
    },
  }
}

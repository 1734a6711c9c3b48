// @ts-check
/** Fills a cache with many applications: its memory, whether the bound holds, and how long the process pauses. */
import { PerformanceObserver, performance } from 'node:perf_hooks'
import { createAnswers } from '../backend/answers.js'
import { gatewayThrough, NEVER_REFRESHED } from '../backend/gateway.js'
import { userKey } from '../backend/provider.js'
import { createSimulatedClock } from './simulated-clock.js'

/** @typedef {{ applications: number, more: number }} Filling more: callers beyond the bound */

const START = Date.UTC(2026, 0, 15, 10, 20, 30)

/** @param {Filling} filling */
export async function fill({ applications, more }) {
  // A thousand more, which are in the cache before memory is measured.
  const bound = applications + 1000
  const clock = createSimulatedClock(START)
  const answers = createAnswers({ limitCount: 3, now: clock.now, counting: false })
  const gateway = gatewayThrough(
    answers,
    {
      // No refreshes: the simulations count them.
      cache: { maxApplications: bound, ...NEVER_REFRESHED },
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
  await ask(0, 1000)
  await clock.advance(120_000)
  const empty = used()
  const fillingPauses = collectPauses()
  await ask(1000, applications + 1000)
  await clock.advance(120_000)
  const pausedWhileFilling = await fillingPauses.end()
  const full = used()
  const calls = { ...answers.calls }

  const pauses = collectPauses()
  const start = performance.now()
  const turns = 1_000_000
  for (let turn = 0; turn < turns; turn += 1) gateway.evaluate(viewOf(1000 + ((turn * 7919) % applications)))
  const perSecond = (turns / (performance.now() - start)) * 1000
  const paused = await pauses.end()
  const waiting = used()
  const flushed = performance.now()
  await clock.advance(10_000)
  const flushMs = performance.now() - flushed

  await ask(applications + 1000, applications + 1000 + more)
  await clock.advance(120_000)
  const beyond = used()
  return {
    bytesPerApplication: (full - empty) / applications,
    growthBeyondBound: (beyond - empty) / bound,
    bytesWithUsageWaiting: (waiting - empty) / applications,
    perSecond,
    flushMs,
    pauses: { filling: pausedWhileFilling, serving: paused },
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

/** Bytes in use after a full collection, including buffers. */
function used() {
  globalThis.gc?.()
  globalThis.gc?.()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

function collectPauses() {
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
      return {
        count: durations.length,
        longestMs: Math.max(0, ...durations),
        totalMs: durations.reduce((a, b) => a + b, 0),
      }
    },
  }
}

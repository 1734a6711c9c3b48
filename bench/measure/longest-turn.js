// @ts-check
/** Measures for how long the event loop stood still while some work was done. */
import { openSync, readSync } from 'node:fs'
import { PerformanceObserver } from 'node:perf_hooks'

/**
 * The longest turn and the longest garbage collection, in milliseconds. Collections are no part of turns, because they
 * wait for threads that a busy machine does not run. Nor is, on Linux, the time in which other processes ran instead.
 *
 * @param {() => Promise<unknown>} work
 * @returns {Promise<{ longestMs: number, collectionMs: number, tookMs: number }>}
 */
export async function longestTurn(work) {
  const displacedMs = displacement()
  /** @type {import('node:perf_hooks').PerformanceEntry[]} */
  const collections = []
  const observer = new PerformanceObserver((list) => void collections.push(...list.getEntries()))
  observer.observe({ entryTypes: ['gc'] })
  /** @type {{ from: number, to: number, ms: number }[]} */
  const turns = []
  let running = true
  let from = performance.now()
  let displaced = displacedMs()
  const turn = () => {
    const to = performance.now()
    const ms = to - from - (displacedMs() - displaced)
    if (ms > 1) turns.push({ from, to, ms })
    from = performance.now()
    displaced = displacedMs()
    if (running) setImmediate(turn)
  }
  setImmediate(turn)
  const began = performance.now()
  await work()
  const tookMs = performance.now() - began
  // The end of the work may be a part of a long turn, and collections are told later.
  await new Promise((resolve) => setTimeout(resolve, 50))
  running = false
  observer.disconnect()
  const during = collections.filter(({ startTime }) => startTime >= began && startTime <= began + tookMs)
  const own = turns.map(({ from, to, ms }) => {
    const inside = collections.filter(({ startTime }) => startTime >= from && startTime <= to)
    return ms - inside.reduce((sum, { duration }) => sum + duration, 0)
  })
  return {
    longestMs: Math.max(0, ...own),
    collectionMs: Math.max(0, ...during.map(({ duration }) => duration)),
    tookMs,
  }
}

/** @returns {() => number} how long this thread has waited for a processor so far, in milliseconds */
function displacement() {
  try {
    const file = openSync('/proc/thread-self/schedstat', 'r')
    const text = Buffer.alloc(64)
    return () => Number(text.toString('latin1', 0, readSync(file, text, 0, 64, 0)).split(' ')[1]) / 1e6
  } catch {
    return () => 0
  }
}

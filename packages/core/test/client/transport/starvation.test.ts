import { expect, test } from 'vitest'
import type { Connection } from '../../../src/client/transport/connection.ts'
import { Starvation } from '../../../src/client/transport/starvation.ts'

const TIMEOUT_MS = 1000

const connection = (proved: boolean): Connection =>
  ({ proved, busy: true, writtenAt: undefined, answersBefore: 0 }) as Connection

/** Two connections that are answered in turn, with this latency, while a third waits; how often until it is starved. */
function answersUntilShown(latencyMs: number, limit = 100): number {
  const starvation = new Starvation(TIMEOUT_MS)
  const others = [connection(true), connection(true)]
  starvation.onWritten(connection(false), 0)
  let now = 0
  for (let answers = 1; answers <= limit; answers++) {
    const other = others[answers % 2]!
    starvation.onWritten(other, now)
    now += latencyMs / others.length
    starvation.onAnswer(other, now)
    if (starvation.isShown(now, others.length)) return answers
  }
  return Number.POSITIVE_INFINITY
}

test('a connection is starved when each of the others was answered eight times', () => {
  expect(answersUntilShown(2)).toBe(16)
  expect(answersUntilShown(0)).toBe(16)
})

test('four times are enough when a quarter of the time-out is over', () => {
  expect(answersUntilShown(100)).toBe(8)
  expect(answersUntilShown(40)).toBe(13)
})

test('time alone shows nothing while no other connection is answered', () => {
  const starvation = new Starvation(TIMEOUT_MS)
  starvation.onWritten(connection(false), 0)
  expect(starvation.isShown(TIMEOUT_MS, 2)).toBe(false)
})

test('a connection that was answered or ended is no longer watched', () => {
  const starvation = new Starvation(TIMEOUT_MS)
  const [answered, ended] = [connection(false), connection(false)]
  starvation.onWritten(answered, 0)
  starvation.onWritten(ended, 0)
  starvation.onAnswer(answered, 1)
  expect(starvation.possible).toBe(true)
  starvation.forget(ended)
  expect(starvation.possible).toBe(false)
})

test('beside idle connections patience follows the usual latency, within its bounds', () => {
  const fast = new Starvation(TIMEOUT_MS)
  fast.onWritten(connection(false), 0)
  expect([fast.besideIdle(19), fast.besideIdle(20)]).toEqual(['no', 'surely'])

  const slow = new Starvation(TIMEOUT_MS)
  const other = connection(true)
  for (let n = 0; n < 100; n++) {
    slow.onWritten(other, 0)
    slow.onAnswer(other, 100)
  }
  slow.onWritten(connection(false), 0)
  // A quarter of the time-out is less than eight latencies, so one connection ends without a conclusion from it.
  expect([slow.besideIdle(249), slow.besideIdle(250), slow.besideIdle(800)]).toEqual(['no', 'perhaps', 'surely'])
})

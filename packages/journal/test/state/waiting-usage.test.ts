import { expect, it } from 'vitest'
import { type Row, WaitingUsage } from '../../src/state/waiting-usage.ts'

const HOUR = 60 * 500_000
const row = (minute: number, hits: number, resent = false): Row => ({
  minute: HOUR + minute,
  resent,
  usage: new Map([['hits', hits]]),
})

function after(added: Row[], ...removed: Row[]): [number, number, boolean][] {
  const waiting = new WaitingUsage()
  for (const one of added) waiting.add(one)
  for (const one of removed) waiting.remove(one)
  return [...waiting.rows].map(({ minute, usage, resent }) => [minute - HOUR, usage.get('hits')!, resent])
}

it('adds up by minute, and keeps apart what may have been counted', () => {
  expect(after([row(1, 2), row(1, 3), row(2, 1), row(1, 7, true)])).toEqual([
    [1, 5, false],
    [2, 1, false],
    [1, 7, true],
  ])
})

it('takes from the minute first', () => {
  expect(after([row(1, 5), row(2, 5)], row(2, 3))).toEqual([
    [1, 5, false],
    [2, 2, false],
  ])
})

it('takes what the ledger has merged from the same hour', () => {
  expect(after([row(-1, 4), row(1, 5), row(9, 5)], row(9, 10))).toEqual([[-1, 4, false]])
})

it('takes what the ledger has stamped anew from the oldest minutes', () => {
  expect(after([row(70, 1), row(-3000, 5), row(-2000, 5)], row(75, 8))).toEqual([[-2000, 3, false]])
})

it('takes no more than there is', () => {
  expect(after([row(1, 5)], row(1, 9))).toEqual([])
})

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { reportOf } from '../../../../../test/support/test-ledger.ts'
import { ServiceTime, sharedWindow } from '../../../src/ledger/plan/service-time.ts'

const MINUTE = 60_000
const NOON = Date.parse('2026-03-10T12:00:00Z')

describe('the time of a service', () => {
  it('is the time of our clock while nothing contradicts it', () => {
    const time = new ServiceTime()
    expect(time.saw(NOON, NOON + MINUTE, NOON + 30_000, 1, 1)).toBe(false)
    expect(time.at(NOON + 31_000)).toBe(NOON + 31_000)
  })

  it('stands still while our clock is set back, and goes on when it has caught up', () => {
    const time = new ServiceTime()
    time.at(NOON)
    expect(time.at(NOON - 10 * MINUTE)).toBe(NOON)
    expect(time.at(NOON + 1)).toBe(NOON + 1)
  })

  it('is ahead of a slow clock as soon as an answer shows a later window', () => {
    const time = new ServiceTime()
    time.at(NOON - 5 * MINUTE)
    expect(time.saw(NOON, NOON + MINUTE, NOON - 5 * MINUTE, 1, 1)).toBe(false)
    expect(time.at(NOON - 5 * MINUTE)).toBe(NOON)
  })

  it('tolerates a clock that is up to 50 minutes past the shown window', () => {
    const time = new ServiceTime()
    const own = NOON + 51 * MINUTE
    expect(time.saw(NOON, NOON + MINUTE, own, 1, 1)).toBe(false)
    expect(time.at(own)).toBe(own)
  })

  it('is corrected into the shown window when the clock is further ahead', () => {
    const time = new ServiceTime()
    const own = NOON + 51 * MINUTE + 1
    time.at(own)
    expect(time.saw(NOON, NOON + MINUTE, own, 1, 3)).toBe(true)
    expect(time.at(own)).toBe(NOON)
    expect(time.at(own + 5000)).toBe(NOON + 5000)
  })

  it.each([
    ['an hour', 60 * MINUTE, NOON],
    ['a day, where no stamp may be a day late', 24 * 60 * MINUTE, NOON + 60 * MINUTE],
    ['a month', 31 * 24 * 60 * MINUTE, NOON + (31 * 24 - 23) * 60 * MINUTE],
  ])('is never ahead again within a window of %s', (_name, length, corrected) => {
    const time = new ServiceTime()
    const first = NOON + length + 180 * MINUTE
    expect(time.saw(NOON, NOON + length, first, 1, 1)).toBe(true)
    expect(time.at(first)).toBe(corrected)
    const rest = NOON + length - corrected - 1
    expect(time.saw(NOON, NOON + length, first + rest, 2, 2)).toBe(false)
    expect(time.at(first + rest)).toBe(NOON + length - 1)
  })

  it('is corrected also where it stands still because a fast clock was set back', () => {
    const time = new ServiceTime()
    time.at(NOON + 61 * MINUTE)
    const own = NOON + 40 * MINUTE
    expect(time.saw(NOON, NOON + MINUTE, own, 1, 1)).toBe(true)
    expect(time.at(own)).toBe(NOON)
  })

  it('follows our clock at once when it was set back into the shown window', () => {
    const time = new ServiceTime()
    time.at(NOON + 61 * MINUTE)
    const own = NOON + 30_000
    expect(time.saw(NOON, NOON + MINUTE, own, 1, 1)).toBe(true)
    expect(time.at(own)).toBe(own)
  })

  it('is not corrected twice by answers to questions from before the correction', () => {
    const time = new ServiceTime()
    const own = NOON + 120 * MINUTE
    time.saw(NOON, NOON + MINUTE, own, 1, 3)
    // The question was sent before the correction; its answer shows a window ahead of the corrected time.
    expect(time.saw(NOON + 2 * MINUTE, NOON + 3 * MINUTE, own, 2, 4)).toBe(false)
    expect(time.at(own)).toBe(NOON + 2 * MINUTE)
    expect(time.at(own + 3 * MINUTE)).toBe(NOON + 3 * MINUTE)
  })

  it('takes the correction back when the clock has been repaired', () => {
    const time = new ServiceTime()
    time.saw(NOON, NOON + MINUTE, NOON + 120 * MINUTE, 1, 1)
    time.saw(NOON + MINUTE, NOON + 2 * MINUTE, NOON + 90_000, 2, 2)
    expect(time.at(NOON + 90_000)).toBe(NOON + 90_000)
  })

  it('never runs backwards between corrections, whatever the clock does', () => {
    const readings = fc.array(fc.integer({ min: -100 * MINUTE, max: 100 * MINUTE }), { maxLength: 50 })
    fc.assert(
      fc.property(readings, fc.integer({ min: 0, max: 10 * MINUTE }), (offsets, windowAhead) => {
        const time = new ServiceTime()
        let before = Number.NEGATIVE_INFINITY
        for (const [index, offset] of offsets.entries()) {
          if (index % 3 === 2) time.saw(NOON + windowAhead, NOON + windowAhead + 1e9, NOON, index, index)
          const reached = time.at(NOON + offset)
          expect(reached).toBeGreaterThanOrEqual(before)
          before = reached
        }
      }),
    )
  })
})

describe('the window that all windows of an answer share', () => {
  const minuteAt = (time: number) => reportOf(['hits', 'minute', 10], time)

  it('is their common part', () => {
    const reports = [reportOf(['hits', 'day', 10], NOON), minuteAt(NOON), reportOf(['hits', 'eternity', 10], NOON)]
    expect(sharedWindow(reports)).toEqual({ start: NOON, end: NOON + MINUTE })
  })

  it('is none where they only touch, or lie apart, because one moment cannot lie in both', () => {
    expect(sharedWindow([minuteAt(NOON), minuteAt(NOON + MINUTE)])).toBeUndefined()
    expect(sharedWindow([minuteAt(NOON), minuteAt(NOON + 2 * MINUTE)])).toBeUndefined()
  })

  it('is none where no window ends', () => {
    expect(sharedWindow([reportOf(['hits', 'eternity', 10], NOON)])).toBeUndefined()
    expect(sharedWindow([])).toBeUndefined()
  })
})

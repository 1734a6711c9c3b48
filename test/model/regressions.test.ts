/** Schedules that once broke a law, shrunk. */
import { describe, expect, it } from 'vitest'
import { HIDING_LIMIT } from '../support/hidden-place.ts'
import { runSchedule } from './run-schedule.ts'
import type { Schedule } from './schedule.ts'

const ALONE: Omit<Schedule, 'steps'> = {
  kind: 'alone',
  version: '1',
  limits: [{ metric: 'hits', period: 'eternity', value: 1 }],
  start: Date.parse('2024-02-28T23:59:10Z'),
  skewMs: 0,
  lagMs: 0,
  room: 2,
  hiding: false,
  onUnavailable: 'deny',
  latencies: [[0, 0]],
}
const ask = (usage: Record<string, number>, times = 1) =>
  ({ do: 'ask', application: 0, key: 0, usage, times, counts: 'now' }) as const

const REGRESSIONS: Record<string, Schedule> = {
  'usage that was given up after a report without an answer was missing in the counts of limits': {
    ...ALONE,
    steps: [
      ask({ hits: 1 }),
      { do: 'fault', kind: 'stalled', calls: 2, endpoint: 'transactions' },
      { do: 'wait', ms: 88_316 },
      { do: 'wait', ms: 1_684 },
      ask({ hits: 1 }),
    ],
  },
  'a metric with a hidden ancestor was asked about per request while that ancestor was counted locally': {
    ...ALONE,
    limits: [{ metric: 'hits', period: 'eternity', value: 2 }],
    latencies: [[0, 400]],
    steps: [
      ask({ deep: 2, searches: 0 }),
      ask({ hits: 1 }),
      { do: 'fault', kind: 'unsent', calls: 2, endpoint: 'any' },
      { do: 'wait', ms: 400 },
      ask({ hits: 1 }),
    ],
  },
  'waiting for answers about other usages used up the attempts to complete a hierarchy': {
    ...ALONE,
    limits: [{ metric: 'hits', period: 'eternity', value: 5 }],
    latencies: [[20, 0]],
    steps: [
      ask({ hits: 1 }),
      ask({ deep: 1 }),
      ask({ deep: 2, searches: 0 }, 2),
      { do: 'fault', kind: 'unsent', calls: 1, endpoint: 'authorize' },
    ],
  },
  'the answer that showed our clock to be fast dropped its own application, so that usage was not counted': {
    ...ALONE,
    limits: [{ metric: 'hits', period: 'minute', value: 2 }],
    latencies: [[0, 20]],
    steps: [
      ask({ searches: 2, orders: 1 }),
      { do: 'set-clock', ms: 3_049_981 },
      { do: 'wait', ms: 40 },
      ask({ hits: 1 }),
    ],
  },
  'an authrep that the backend counted in the month before, by its clock, was suspected to be lost': {
    ...ALONE,
    limits: [{ metric: 'hits', period: 'month', value: 1 }],
    start: Date.parse('2026-01-01T00:00:00Z'),
    skewMs: -401,
    latencies: [
      [0, 0],
      [0, 400],
    ],
    steps: [
      { ...ask({ hits: 1 }), key: 2 },
      ask({ hits: 1 }),
      { ...ask({ hits: 1, deep: 3 }), application: 1 },
      { do: 'set-clock', ms: -401 },
      ask({ deep: 1 }),
      { ...ask({ hits: 1 }), application: 1 },
      { do: 'wait', ms: 60_800 },
      ask({ hits: 1 }),
    ],
  },
  'usage of an application without room was stamped by a clock set forward since its last answer': {
    ...ALONE,
    limits: [{ metric: 'orders', period: 'minute', value: 0 }],
    start: Date.parse('2024-02-28T23:59:10Z'),
    room: 1,
    latencies: [
      [0, 20],
      [0, 0],
    ],
    steps: [
      ask({ hits: 1 }),
      { do: 'wait', ms: 20 },
      ask({ deep: 2, searches: 0 }),
      { do: 'flush' },
      { ...ask({ hits: 1 }), application: 1, counts: 'with-response-code' },
      { do: 'set-clock', ms: 3_949_960 },
    ],
  },
  "'last-known' admitted usage of a metric before any question had shown whether a limit holds for it": {
    ...ALONE,
    limits: [{ metric: 'hits', period: 'eternity', value: 5 }],
    onUnavailable: 'last-known',
    steps: [
      ask({ hits: 1 }),
      { do: 'fault', kind: 'unsent', calls: 1, endpoint: 'authorize' },
      ask({ deep: 2, searches: 0 }, 3),
    ],
  },
  'the hour in an answer was believed before its minute': {
    ...ALONE,
    limits: [
      { metric: 'hits', period: 'minute', value: 5 },
      { metric: 'hits', period: 'hour', value: 5 },
    ],
    start: Date.parse('2024-02-28T23:59:10Z'),
    skewMs: 501_646,
    room: 2,
    onUnavailable: 'last-known',
    steps: [
      { do: 'wait', ms: 88_354 },
      { do: 'set-clock', ms: 6_561_647 },
      ask({ hits: 1 }),
      { do: 'fault', kind: 'unsent', calls: 1, endpoint: 'authorize' },
      { do: 'set-clock', ms: 2_990_002 },
      ask({ hits: 1 }),
    ],
  },
  'a fast clock that was set back went on stamping usage an hour ahead': {
    ...ALONE,
    limits: [{ metric: 'hits', period: 'minute', value: 5 }],
    start: Date.parse('2026-01-01T00:00:00Z'),
    steps: [
      { do: 'set-clock', ms: 3_636_992 },
      { do: 'fault', kind: 'unsent', calls: 1, endpoint: 'authorize' },
      { do: 'wait', ms: 23_008 },
      ask({ hits: 1 }),
      { do: 'set-clock', ms: -600_000 },
      ask({ hits: 1 }),
    ],
  },
  'after the clock was set back, usage acknowledged a moment ago counted as settled': {
    ...ALONE,
    limits: [{ metric: 'hits', period: 'eternity', value: 5 }, HIDING_LIMIT],
    hiding: true,
    latencies: [
      [0, 400],
      [0, 0],
    ],
    steps: [
      ask({ deep: 1 }),
      { do: 'wait', ms: 60_000 },
      ask({ deep: 1 }),
      { do: 'set-clock', ms: -60_000 },
      ask({ deep: 1 }, 3),
    ],
  },
}

describe('schedules that once broke a law', () => {
  it.each(Object.entries(REGRESSIONS))('law 7: %s', async (_name, schedule) => {
    expect(await runSchedule(schedule)).toEqual([])
  })
})

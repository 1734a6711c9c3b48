import fc from 'fast-check'
import { expect, it } from 'vitest'
import { runSchedule } from './run-schedule.ts'
import { schedules } from './schedule.ts'

const RUNS = Number(process.env.MODEL_RUNS ?? 60)
// A long run explores new schedules; `npm test` must run the same ones each time.
const SEED =
  process.env.MODEL_SEED === undefined && process.env.MODEL_RUNS !== undefined
    ? {}
    : { seed: Number(process.env.MODEL_SEED ?? 2) }

it.each(['alone', 'changes', 'others', 'clocks', 'deletions', 'forged', 'misrouted'] as const)(
  `laws 3, 7, 8 and 9 hold under random schedules (%s)`,
  async (what) => {
    await fc.assert(
      fc.asyncProperty(schedules(what), async (schedule) => {
        expect(await runSchedule(schedule)).toEqual([])
      }),
      { numRuns: RUNS, ...SEED },
    )
  },
  30_000 + RUNS * 3000,
)

/** The service of simulated fleets: applications, metrics, limits, usage. */
import type { FleetLimit } from './backend.ts'

/** Random choices. */
export interface Chance {
  /** 0 to 1. */
  readonly random: () => number
  readonly below: (n: number) => number
  readonly one: <Item>(items: readonly Item[]) => Item
}

/** Shortly before windows end. */
export const BEGINS: readonly string[] = [
  '2026-01-15T10:20:30Z',
  '2026-12-31T23:58:50Z',
  '2026-02-28T23:58:40Z',
  '2026-03-01T23:59:20Z',
  '2026-01-18T23:58:10Z',
]
export const APPLICATIONS: readonly string[] = ['a0', 'a1', 'a2']
/** The one without limits. */
export const UNLIMITED = 'a2'
export const PARENTS: ReadonlyMap<string, string | undefined> = new Map([
  ['g', undefined],
  ['p', 'g'],
  ['m', 'p'],
  ['q', 'g'],
  ['x', undefined],
  ['y', 'x'],
  ['z', undefined],
])
export const METRICS: readonly string[] = [...PARENTS.keys()]

/** Tight ones, so that most requests meet them. */
export function randomLimits({ random, below, one }: Chance): FleetLimit[] {
  return METRICS.flatMap((metric) => {
    const limits: FleetLimit[] = []
    if (random() < 0.7) limits.push({ metric, period: 'minute', max: 40 + below(400) })
    if (random() < 0.3) {
      limits.push({ metric, period: one(['hour', 'day', 'eternity']), max: 200 + below(3000) })
    }
    return limits
  })
}

export function randomUsage({ random, below, one }: Chance): Record<string, number> {
  const usage: Record<string, number> = {}
  for (let i = 1 + below(2); i > 0; i--) {
    const r = random()
    usage[one(METRICS)] = r < 0.05 ? 0 : r < 0.6 ? 1 : 1 + below(4)
  }
  return usage
}

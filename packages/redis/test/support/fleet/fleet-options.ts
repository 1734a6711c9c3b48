/** What may happen in a schedule of a fleet, and what came of it. */
import type { Tally } from './judge.ts'
import type { Surroundings } from './member.ts'

/** What may happen in a schedule. */
export interface FleetOptions {
  readonly seed: number
  readonly steps: number
  readonly processes?: number
  /** Between two requests, on average, in milliseconds. */
  readonly everyMs?: number
  /** Between two events of those below, on average, in milliseconds. */
  readonly chaosMs?: number
  readonly faults?: boolean
  readonly kills?: boolean
  readonly pauses?: boolean
  readonly failovers?: boolean
  readonly empties?: boolean
  readonly outages?: boolean
  readonly changes?: boolean
  /** How wrong clocks may be, in milliseconds. */
  readonly skewMs?: number
  readonly policy?: Surroundings['policy']
  readonly staleMs?: number
  readonly tellCounts?: boolean
}

export interface FleetResult extends Tally {
  /** What was admitted, and is not at the backend; below 0: it is there twice. */
  readonly missing: number
  /** What still waits in the store; below 0: what is to be given back, of usage that was reported already. */
  readonly waiting: number
  readonly failovers: number
  readonly problems: readonly string[]
  /** The first answer of the mirror that differs; undefined: none does. */
  readonly difference: string | undefined
  readonly commands: number
}

/** A schedule in which nothing happens. */
export const NOTHING = {
  processes: 5,
  everyMs: 12,
  chaosMs: 2500,
  faults: false,
  kills: false,
  pauses: false,
  failovers: false,
  empties: false,
  outages: false,
  changes: false,
  skewMs: 0,
  policy: 'deny',
  staleMs: 60_000,
  tellCounts: false,
} as const

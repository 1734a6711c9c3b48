/** What the parts of a session share. */
import type { Clock, StoreHost } from '@threescale/core'
import type { Link } from '../wire/link.ts'
import type { Layouts } from './layouts.ts'
import type { Lines } from './lines.ts'
import type { Owed } from './owed.ts'
import type { Retained } from './retained.ts'
import type { SessionSettings } from './settings.ts'
import type { Shapes } from './shape.ts'
import type { StoreTime } from './store-time.ts'

export interface SessionParts {
  readonly host: Pick<StoreHost, 'service' | 'refresh' | 'tell'>
  readonly settings: SessionSettings
  readonly clock: Clock
  /** 0 to 1. */
  readonly random: () => number
  /** Runs a task at the end of this turn of the loop. */
  readonly defer: (task: () => void) => void
  readonly link: Link
  readonly time: StoreTime
  readonly shapes: Shapes
  readonly layouts: Layouts
  readonly owed: Owed
  readonly lines: Lines
  readonly retained: Retained
}

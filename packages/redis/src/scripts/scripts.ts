/** The scripts that Redis runs, each with its settings as constants in the text. */
import { APPLY } from './apply.ts'
import { BATCHES } from './batches.ts'
import { HEAD } from './head.ts'
import { RECORDS } from './records.ts'
import { SETTLE } from './settle.ts'
import { SYNC } from './sync.ts'
import { TAKE } from './take.ts'

/** The constants of the scripts. Milliseconds, where nothing else is said. */
export interface ScriptSettings {
  /** An application proved longer ago is asked about. */
  readonly TTL: number
  /** An application proved longer ago is not decided about. */
  readonly STALE: number
  /** Usage that waits for so long is reported. */
  readonly INTERVAL: number
  /** Longest the backend may take to count a report. */
  readonly SETTLE: number
  /** Whether counts are told with each answer. */
  readonly TELL: boolean
  /** A question without an answer is asked again after this. */
  readonly ASK: number
  /** The longest that lost writes hold up limited applications. */
  readonly RECOVER: number
  /** The shortest: a heartbeat, for a process that joined in the lost second. */
  readonly HOLD: number
  /** A process silent for longer when writes were lost is not waited for. */
  readonly SILENT: number
  /** A process unheard for longer is forgotten. */
  readonly FORGET: number
  /** A batch without a word for longer has no reporter any more. */
  readonly FLIGHT: number
  /** Between two looks at the server's run id. */
  readonly CHECK: number
  /** Usage that awaits the status of its response for longer is reported without. */
  readonly HELD: number
  /** Applications in one take. */
  readonly APPLICATIONS: number
  /** The largest amount of a row: 3scale takes no larger number, and drops a report that has one. */
  readonly MOST: number
  /** The most numbers in a record, which goes back to the hash when it needs more. */
  readonly NUMBERS: number
  /** Rows in one take: each may be a transaction of its own, and a report carries 1,000. */
  readonly ROWS: number
  readonly DAY: number
  /** How long an application is kept after its last refresh: usage can be reported for 24 hours. */
  readonly KEEP: number
}

/** The constants that no option changes. */
export const FIXED: Omit<ScriptSettings, 'TTL' | 'STALE' | 'INTERVAL' | 'SETTLE' | 'TELL'> = {
  ASK: 2000,
  RECOVER: 5000,
  HOLD: 1200,
  SILENT: 3000,
  FORGET: 30_000,
  FLIGHT: 40_000,
  CHECK: 100,
  HELD: 3_600_000,
  APPLICATIONS: 1000,
  NUMBERS: 256,
  ROWS: 1000,
  MOST: Number.MAX_SAFE_INTEGER,
  DAY: 86_400_000,
  KEEP: 90_000_000,
}

/** The text of each script. */
export interface Scripts {
  readonly sync: string
  readonly apply: string
  readonly take: string
  readonly settle: string
}

export function buildScripts(settings: ScriptSettings): Scripts {
  const constants = `local ${Object.keys(settings).join(', ')} =\n  ${Object.values(settings).join(', ')}\n`
  const head = constants + HEAD + RECORDS
  return {
    sync: head + SYNC,
    apply: head + APPLY,
    take: head + BATCHES + TAKE,
    settle: head + BATCHES + SETTLE,
  }
}

/** One transaction of a report. */
import { MINUTE_MS } from './period.ts'
import type { SetUsage } from './usage.ts'

/**
 * Oldest stamp that is sent, in milliseconds: the backend drops a call with a stamp older than 24 hours when its job runs,
 * and the job may run later than the call (apisonator, transaction timestamps).
 */
export const MAX_STAMP_AGE_MS: number = 23 * 60 * MINUTE_MS

/** Exactly one of `userKey` and `appId`. */
export interface Transaction {
  readonly userKey?: string | undefined
  readonly appId?: string | undefined
  readonly usage: SetUsage
  /**
   * When it happened, to the second; a text without an offset is UTC. The backend drops the whole call when one is more than
   * 24 hours old or an hour ahead by its own clock. Default: when the backend gets to it.
   */
  readonly timestamp?: Date | string | undefined
  /** The same as UNIX time. */
  readonly timestampSeconds?: number | undefined
  /** `{ code: 200 }` counts a response code; the backend ignores other members. */
  readonly log?: Readonly<Record<string, string | number>> | undefined
  /** Another service than the call's. */
  readonly service?: string | undefined
}

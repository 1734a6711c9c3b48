/** One transaction of a report. */
import { HOUR_MS } from './period.ts'
import type { SetUsage } from './usage.ts'

/**
 * Age of the oldest timestamp that is sent, in milliseconds. The backend's job drops a call with a timestamp older than
 * 24 hours, and the job may run later than the call (apisonator, transaction timestamps).
 */
export const MAX_STAMP_AGE_MS: number = 23 * HOUR_MS

/** Exactly one of `userKey` and `appId`. */
export interface Transaction {
  readonly userKey?: string | undefined
  readonly appId?: string | undefined
  readonly usage: SetUsage
  /**
   * When it happened, to the second; a text without an offset is UTC. The backend drops the whole call if one timestamp
   * is more than 24 hours old or one hour ahead by its clock, so `report` refuses such a one by this machine's clock.
   * Default: the time when the backend processes it.
   */
  readonly timestamp?: Date | string | undefined
  /** The timestamp as UNIX time. */
  readonly timestampSeconds?: number | undefined
  /** `{ code: 200 }` counts a response code; the backend ignores other members. */
  readonly log?: Readonly<Record<string, string | number>> | undefined
  /** The service; default is the call's. */
  readonly service?: string | undefined
}

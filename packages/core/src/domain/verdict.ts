/** The backend's answer to one call, as values. */
import type { Period } from './period.ts'

export type Verdict = Authorized | NotAuthorized

interface Answer {
  /** HTTP status of the answer; 414 for a call too long to be sent. */
  readonly status: number
  /**
   * Whether the details below are what the backend said. False without a body (`noBody`, a foreign page under a 4xx)
   * and for documents that neither XML nor 3scale's own form makes readable: 3scale does not escape metric names, ids
   * and keys. Details are then absent or empty, which says nothing about limits; the verdict itself stands.
   */
  readonly readable: boolean
  /** Plan name; undefined where the answer names none (every `<error>` document). */
  readonly plan: string | undefined
  readonly application: {
    /** From `list_app_keys` or an OAuth answer. */
    readonly id: string | undefined
    /** First key; OAuth answers only. Kept out of inspect and JSON. */
    readonly key: string | undefined
    /** OAuth answers only. */
    readonly redirectUrl: string | undefined
  }
  /** In the order of the answer; empty when the plan has no limits. */
  readonly usageReports: readonly UsageReport[]
  /** Direct children by metric, limited metrics only (extension `hierarchy`). */
  readonly hierarchy: ReadonlyMap<string, readonly string[]> | undefined
  /** At most 256 (extension `list_app_keys`); kept out of inspect and JSON. */
  readonly appKeys: readonly string[] | undefined
  /** From the `3scale-limit-*` headers (extension `limit_headers`). */
  readonly limit: LimitHeaders | undefined
}

export interface Authorized extends Answer {
  readonly authorized: true
}

export interface NotAuthorized extends Answer {
  readonly authorized: false
  /** 3scale's code, from the rejection header, else from the error document, else derived from the status. */
  readonly code: string
  /** 3scale's sentence, unchanged. */
  readonly reason: string
}

export interface UsageReport {
  readonly metric: string
  readonly period: Period
  /** Undefined for eternity. */
  readonly start: Date | undefined
  /** First instant of the next window; undefined for eternity. */
  readonly end: Date | undefined
  readonly max: number
  readonly current: number
  /** The stored value is above the limit; a denied call at exactly the limit has false (facts of apisonator's status document). */
  readonly exceeded: boolean
}

/** Units are further identical calls, not hits (apisonator docs/extensions.md, limit_headers). */
export interface LimitHeaders {
  /** -1: not limited. */
  readonly remaining: number
  /** Seconds to the window's end; -1 for eternity. */
  readonly resetSeconds: number
  /** Absent when the answer names none (unlimited). */
  readonly max: number | undefined
}

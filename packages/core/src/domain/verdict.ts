/** The backend's answer to one call. */
import type { Period } from './period.ts'

export type Verdict = Authorized | NotAuthorized

interface Answer {
  /** HTTP status of the answer; 414 for a call that is too long to be sent. */
  readonly status: number
  /**
   * Whether all details below could be read. False without a body (`noBody`, a foreign page with a 4xx), and for
   * documents in which a text holds markup: 3scale does not escape metric names, ids and keys. What could not be read
   * for certain is then absent or empty, which says nothing about limits. The verdict itself is still valid.
   */
  readonly readable: boolean
  /** Plan name; undefined if the answer names none (every `<error>` document). */
  readonly plan: string | undefined
  readonly application: {
    /** From `list_app_keys` or an OAuth answer. */
    readonly id: string | undefined
    /** First key; OAuth answers only. Not shown by inspect and JSON. */
    readonly key: string | undefined
    /** OAuth answers only. */
    readonly redirectUrl: string | undefined
  }
  /** In the order of the answer; empty if the plan has no limits, or if they could not be read. */
  readonly usageReports: readonly UsageReport[]
  /**
   * Direct children by metric, limited metrics only (extension `hierarchy`). Lists that blanks in names make ambiguous
   * are left out.
   */
  readonly hierarchy: ReadonlyMap<string, readonly string[]> | undefined
  /**
   * At most 256 (extension `list_app_keys`). A key that looks like several entries is listed as several keys. Not shown
   * by inspect and JSON.
   */
  readonly appKeys: readonly string[] | undefined
  /** From the `3scale-limit-*` headers (extension `limit_headers`). */
  readonly limit: LimitHeaders | undefined
}

export interface Authorized extends Answer {
  readonly authorized: true
}

export interface NotAuthorized extends Answer {
  readonly authorized: false
  /** 3scale's code: from the rejection header, else from the document, else derived from the status. */
  readonly code: string
  /** 3scale's sentence, unchanged. */
  readonly reason: string
  /**
   * The content type of a 4xx that is not 3scale's answer: it has no rejection code and no document of 3scale. A proxy, a
   * web server or a wrong address answered, perhaps because of what the caller sent. Undefined for an answer of 3scale.
   */
  readonly foreign?: string | undefined
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
  /** Whether the stored value is above the limit. False if a call is denied at exactly the limit (apisonator). */
  readonly exceeded: boolean
}

/** Counted in further identical calls, not in hits (apisonator docs/extensions.md, limit_headers). */
export interface LimitHeaders {
  /** -1 if not limited. */
  readonly remaining: number
  /** Seconds to the window's end; -1 for eternity. */
  readonly resetSeconds: number
  /** Undefined if the answer names none (unlimited). */
  readonly max: number | undefined
}

/** The types of a gateway's counters. */

/** Law 8: admitted = acknowledged + inFlight + ambiguous + pending + givenUp + shared, at any instant. */
export interface UsageSums {
  readonly admitted: number
  /** Queued by the backend (202, or the 200 of an authrep). */
  readonly acknowledged: number
  readonly inFlight: number
  readonly ambiguous: number
  readonly pending: number
  readonly givenUp: number
  /**
   * Given to the store that processes share, minus what this process has taken from it to report it for all: below 0
   * where it reported for others. In sum over all processes it is what waits in the store. Usage that the store has not
   * confirmed is `pending`, or `inFlight` in a command without an answer. Undefined without a store.
   */
  readonly shared?: number | undefined
}

export interface GatewayStats {
  /** By metric system name. */
  readonly usage: Readonly<Record<string, UsageSums>>
  /** Decisions by outcome: allowed, each denial code, skipped. */
  readonly decisions: Readonly<Record<string, number>>
  /** Calls to the backend by endpoint. */
  readonly calls: Readonly<Record<string, number>>
  /** State of the breaker; undefined with `breaker: false`. */
  readonly breaker: 'closed' | 'open' | 'half-open' | undefined
  /** Applications that are remembered, of all services together. */
  readonly applications: number
  /**
   * Age in milliseconds of the oldest usage that waits to be reported. The minute of its admission is known, so it is up
   * to a minute too high. Undefined if none waits.
   */
  readonly oldestPendingMs: number | undefined
  /** Undefined without a journal, and before the first request. */
  readonly journal: JournalStats | undefined
  /** Of all services together. Undefined without a store. */
  readonly store: StoreStats | undefined
}

/** Counters of a journal. */
export interface JournalStats {
  /** 'failing': admitted usage is not written. */
  readonly state: 'working' | 'failing' | 'closed'
  /** Bytes of the file that is being written. */
  readonly bytes: number
  /** Admissions that were written. */
  readonly written: number
  /** Admissions that could not be written. */
  readonly unwritten: number
  /** Dead processes whose usage was taken over. */
  readonly recovered: number
}

export interface CloseReport {
  /**
   * By metric: usage that was admitted and not delivered in time. What waits in a store because it could not be
   * delivered counts, too, whichever process admitted it.
   */
  readonly undelivered: Readonly<Record<string, number>>
}

/** Counters of a store, for one service. */
export interface StoreStats {
  /** 'idle': nothing was asked yet, or not for a while. 'failing': it does not answer. */
  readonly state: 'idle' | 'shared' | 'failing' | 'closed'
  /** Since when it is failing, epoch milliseconds. */
  readonly since: number | undefined
  /** Processes that share it, this one included. */
  readonly processes: number
  /** Admissions that it has not been told yet. */
  readonly owed: number
  /** Commands sent, repetitions included. */
  readonly commands: number
}

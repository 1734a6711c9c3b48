/**
 * The seam to a journal, which keeps usage outside of the process until 3scale has counted it. The ledger tells each
 * move of usage, and is told the usage of processes that died.
 */
import type { JournalMessage } from '../observe/messages.ts'
import type { JournalStats } from '../observe/stats.ts'

/** Keeps the usage of a gateway. Make one by `fileJournal` of `@threescale/journal`. */
export interface Journal {
  /**
   * Begins to write. Called at the first request of a gateway, which waits for it and for `recover`. Never rejects: a
   * journal that cannot work tells so, and the gateway goes on without it.
   */
  open(host: JournalHost): Promise<JournalWriter>
}

/** What a journal is told of an application. The object itself tells one from another: several may have one id. */
export interface JournalledApplication {
  /** Undefined: of a caller that no answer has proved yet. */
  readonly id: string | undefined
  readonly service: { readonly id: string | undefined; readonly metrics: { nameOf(slot: number): string } }
}

/** What one request uses: slots of metrics, and the amount of each. */
export interface JournalledUsage {
  readonly slots: readonly number[]
  readonly amounts: readonly number[]
}

/** Usage in one minute. */
export interface JournalledRow {
  /** Epoch milliseconds of its start. */
  readonly minute: number
  /** Sent before without an answer, so the backend may count it twice. */
  readonly resent: boolean
  /** Visits the slots of metrics and their amounts. */
  each(visit: (slot: number, amount: number) => void): void
}

/** A report; the object itself tells one from another. */
export interface JournalledBatch {
  readonly rows: Iterable<{ readonly application: JournalledApplication; readonly row: JournalledRow }>
}

/**
 * What became of a batch.
 *
 * - 'sending': from now on a byte may reach the backend.
 * - 'acknowledged', 'ambiguous': queued by the backend, or without an answer.
 * - 'waiting', 'resent': its rows wait again; 'resent' may have been counted.
 * - 'given-up', 'maybe-counted': given up; 'maybe-counted' may have been counted.
 * - 'undone': its usage was not admitted after all.
 */
export type JournalSettlement =
  | 'sending'
  | 'acknowledged'
  | 'ambiguous'
  | 'waiting'
  | 'resent'
  | 'given-up'
  | 'maybe-counted'
  | 'undone'

/** What the ledger tells. Each call is on its way to the disk when it returns, and never throws. */
export interface JournalWriter {
  /** Usage was admitted and waits. `time`: any moment of its minute, epoch milliseconds. */
  book(application: JournalledApplication, usage: JournalledUsage, time: number): void
  /** Waiting usage becomes a batch. `reserved`: it never waited, because the backend counts it by an authrep. */
  take(batch: JournalledBatch, reserved: boolean): void
  settle(batch: JournalledBatch, to: JournalSettlement): void
  /** Usage of applications was given up, stamped anew or passed on: this is all that they have now. */
  retell(...usages: readonly UnsettledUsage[]): void
  /**
   * Hands over the usage of processes that died. Called once, when the ledger tells everything already, because usage
   * that is handed over may be reported at once. Never rejects.
   */
  recover(): Promise<void>
  stats(): JournalStats
  /** Ends the writing. What is not settled stays for the next process. */
  close(): Promise<void>
}

/** The unsettled usage of one application, for a file that begins anew. */
export interface UnsettledUsage {
  readonly application: JournalledApplication
  readonly waiting: readonly JournalledRow[]
  readonly maybeCounted: readonly JournalledRow[]
  readonly sent: readonly {
    readonly batch: object
    readonly state: 'inFlight' | 'acknowledged' | 'ambiguous'
    /** Whether a byte may have reached the backend, in flight. */
    readonly sending: boolean
    /** Whether the backend counts it by an authrep. */
    readonly reserved: boolean
    /** When it entered its state, epoch milliseconds. */
    readonly at: number
    readonly row: JournalledRow
  }[]
}

/** Usage of a dead process, one row. */
export interface RecoveredRow {
  /** Epoch milliseconds of its start. */
  readonly minute: number
  readonly resent: boolean
  /** The status of the responses that used it. Undefined: none is known, or transactions carry none. */
  readonly code?: number | undefined
  readonly usage: Readonly<Record<string, number>>
}

/** Usage of one application that waited when its process died. */
export interface RecoveredUsage {
  readonly service: string | undefined
  /** Undefined: of callers that no answer had proved. */
  readonly application: string | undefined
  readonly waiting: readonly RecoveredRow[]
  readonly maybeCounted: readonly RecoveredRow[]
}

/** A report of a process that died. */
export interface RecoveredBatch {
  readonly state: 'acknowledged' | 'ambiguous'
  /** When it was acknowledged, epoch milliseconds. */
  readonly at: number
  readonly service: string | undefined
  readonly rows: readonly (RecoveredRow & { readonly application: string })[]
}

/** What a journal needs of the gateway. */
export interface JournalHost {
  readonly services: readonly (string | undefined)[]
  /** Names the backend, without a secret. */
  readonly backend: string
  /** How long acknowledged reports matter, in milliseconds, because answers may lack them. */
  readonly keepMs: number
  /** Epoch milliseconds. */
  now(): number
  /** The usage of all applications that is not settled. */
  unsettled(): Iterable<UnsettledUsage>
  /** The application to which usage of an id belongs that is handed over next. */
  applicationOf(service: string | undefined, id: string): JournalledApplication
  /** Takes over usage of a dead process. */
  recover(usage: RecoveredUsage): void
  /** Takes over a batch of a dead process. @returns the batch that it is from now on. */
  recoverBatch(batch: RecoveredBatch): JournalledBatch
  tell(message: JournalMessage): void
}

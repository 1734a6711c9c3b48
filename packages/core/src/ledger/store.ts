/**
 * The seam to a store, which counts usage for one process or for all processes of a fleet. The core knows plans and
 * says what a usage touches. The store takes it if it fits, and keeps it until a report is settled.
 */
import type { UsageShape } from '../domain/usage.ts'
import type { StoreMessage } from '../observe/messages.ts'
import type { StoreStats } from '../observe/stats.ts'
import type { Clock } from '../primitives/clock.ts'
import type { StoredCallers } from './stored-callers.ts'
import type { Layout } from './stored-layout.ts'

/** Counts for all processes that share it. Make one by `redisStore` of `@threescale/redis`. */
export interface UsageStore {
  /** Called once for each service of a gateway. Starts nothing before the first verb. Never throws. */
  open(host: StoreHost): ServiceStore
}

/** What a store needs of the gateway. The callbacks are called in the gateway's own context and must not throw. */
export interface StoreHost {
  /** Service id; undefined: a provider's default service. */
  readonly service: string | undefined
  /** The key of the HMAC that names callers: derived from our own service token or provider key, so all processes have
   * the same. Never stored or shown. */
  readonly secret: string
  readonly settings: StoreSettings
  readonly clock: Clock
  /** 0 to 1, for jitter. Default Math.random. */
  readonly random?: (() => number) | undefined
  /** Reads a layout that another process has written. Undefined: the text is none. */
  readLayout(text: string): Layout | undefined
  /** This process has to ask 3scale about the application, for all, and to give the answer to `apply`. */
  refresh(application: StoredApplication): void
  /** This process has to report what waits, for all: by `take`, again while `more` is true. */
  report(): void
  tell(message: StoreMessage): void
}

/** Settings that all processes of a fleet must share. Milliseconds. */
export interface StoreSettings {
  /** An application proved longer ago is asked about. */
  readonly ttlMs: number
  /** An application proved longer ago is not decided about. */
  readonly staleMs: number
  /** How long a denial of a caller holds. */
  readonly denialTtlMs: number
  /** Longest the backend may take to count a report. */
  readonly settleMs: number
  /** Usage that waits for so long is reported. */
  readonly intervalMs: number
  /** So many admissions of different usage are kept while the store does not answer; then `ask` answers 'later'. */
  readonly maxPending: number
  /** Whether the counts are told with each answer, for RateLimit fields, or only with denials. */
  readonly tellCounts: boolean
}

/** A count as the store last told it. */
export interface StoredCount {
  /** The end of its window. */
  readonly end: number
  readonly count: number
}

/** An application in the store; all that its service store needs of it is in this object. */
export interface StoredApplication {
  readonly id: string
  /** The layout that the store last told. Undefined while this process does not know the limits. */
  readonly layout: Layout | undefined
  /** When 3scale was asked for the answer that last proved it, by the store's time; -Infinity: never. */
  readonly provedAt: number
  /** By the index of the limit in the layout; undefined where nothing was told. */
  readonly counts: readonly (StoredCount | undefined)[]
}

/**
 * What `ask` does with usage that fits.
 *
 * - 'count': it waits to be reported.
 * - 'hold': it is kept from reports until `release` tells the status of the response.
 * - 'look': nothing. The answer tells whether it would fit; its minute says nothing.
 */
export type Asking = 'count' | 'hold' | 'look'

/**
 * The answer to `ask`.
 *
 * - 'yes': counted, and to be stamped with this minute (epoch milliseconds of its start).
 * - 'no': a limit is reached. `until`: when the last of the violated windows ends, by the store's time; Infinity if
 *   waiting does not help. `disabled`: a violated limit is 0.
 * - 'later': nothing was counted, because the store does not answer in time or knows too little. The policy decides.
 *   `unproved`: the store answers, but 3scale has not proved the application for `staleMs`.
 * - 'unsettled': nothing was counted, because the print of the usage is not settled. The core asks 3scale, and `apply`
 *   brings a layout by which it is. Usage that a limit among its cells has no room for is a 'no' all the same.
 */
export type Asked =
  | { readonly kind: 'yes'; readonly minute: number }
  | { readonly kind: 'no'; readonly until: number; readonly disabled: boolean }
  | { readonly kind: 'later'; readonly unproved?: boolean | undefined }
  | { readonly kind: 'unsettled' }

/** 3scale's answer about one application, for `apply`. */
export interface StoredAnswer {
  /** When the question was sent, by the store's time. */
  readonly asked: number
  /** Made anew at each call, from all that this process knows by then: layouts that it has read are a part of that. */
  layout(): Layout
  /** One for each limit of the layout, in its order. Epoch milliseconds; 0 and 8.64e15 for eternity. */
  readonly windows: readonly { readonly start: number; readonly end: number; readonly current: number }[]
}

/** Usage of one application, minute and metric. */
export interface StoredRow {
  readonly application: string
  /** Epoch milliseconds of its start. */
  readonly minute: number
  readonly metric: string
  /** The status of the response, where transactions carry it. */
  readonly code: number | undefined
  readonly amount: number
}

/** What was taken for one report. */
export interface StoredBatch {
  readonly id: string
  readonly rows: readonly StoredRow[]
  /** Whether more has been waiting for `intervalMs`, or another batch is orphaned. */
  readonly more: boolean
  /**
   * Another process had it on its way when it died, so it is not known whether it was counted. It must not be sent. It is
   * this process's once it has settled it as 'ambiguous'. Until then, or if this process dies before it has settled it in
   * another way, it is handed out to another one.
   */
  readonly isOrphaned: boolean
  /** When 3scale was asked for the answer that last proved each application, by the store's time. */
  readonly proved: ReadonlyMap<string, number>
}

/**
 * What becomes of a batch.
 *
 * - 'flight': from now on a byte may reach the backend.
 * - 'acked': queued by the backend.
 * - 'back': surely not counted; its usage waits again.
 * - 'ambiguous': it is not known whether it was counted. This process finds out, or says that it cannot be found out.
 * - 'told': this process has said so. Nothing more becomes of it, and its usage stays counted.
 * - 'gone': surely not counted, and given up.
 */
export type BatchState = 'flight' | 'acked' | 'back' | 'ambiguous' | 'told' | 'gone'

/** The verbs of a store, for one service. A promise is returned only where the store has to be asked. */
export interface ServiceStore {
  /** The store's time, epoch milliseconds, never backwards. Our clock's until the store has told its own. */
  time(): number
  /** The application as the store sees it. To be kept with what the core knows of it, and dropped with that. */
  application(id: string): StoredApplication
  /**
   * Takes the usage once if all its limits have room. At once where it touches no limit or one is known to be full.
   *
   * @param aged whether to go by the counts even if 3scale has not proved the application for `staleMs`: it does not
   *   answer, and the policy lets callers pass. Default false.
   */
  ask(application: StoredApplication, usage: UsageShape, asking: Asking, aged?: boolean): Asked | Promise<Asked>
  /**
   * Takes the usage while the store does not answer, within this process's share of what was left when it last did.
   * 'later' if the limits or the counts are not known.
   *
   * @param whole all that was left instead of a share, and whatever is asked for where nothing is known.
   */
  askAlone(application: StoredApplication, usage: UsageShape, asking: Asking, whole: boolean): Asked
  /**
   * Counts whatever the limits say, in the present minute: usage known only after the response. Also what is not settled.
   * Sent at once.
   *
   * @param code the status of the response, where transactions carry it.
   */
  book(application: StoredApplication, usage: UsageShape, code?: number): void
  /**
   * Lets usage be reported that 'hold' keeps back.
   *
   * @param minute of the 'yes'.
   * @param code the status of the response; undefined: it has none.
   */
  release(application: StoredApplication, usage: UsageShape, minute: number, code: number | undefined): void
  /**
   * Corrects the counts by an answer of 3scale. The answer's layout must not replace one that knows more. So where the
   * store holds another than `application.layout`, the store reads that one and asks the answer for its layout again.
   * Resolves when all processes go by it, or when the store does not answer in time. Never rejects.
   */
  apply(application: StoredApplication, answer: StoredAnswer): Promise<void>
  /**
   * Takes what waits in the store longest, at most 1,000 rows, after booking what this process still owes. Before that,
   * batches whose process has died. Undefined: there is nothing to take, or the store does not answer. Never rejects.
   */
  take(): Promise<StoredBatch | undefined>
  /**
   * Says what became of a batch. 'flight' has to be confirmed before a byte is sent; of the others it is certain that
   * the store will learn of them, whether awaited or not. Never rejects.
   *
   * @returns false: the batch is another process's now, as this one said nothing for too long. After 'flight' also: the
   *   store does not answer. It must not be sent.
   */
  settle(batch: StoredBatch, to: BatchState): Promise<boolean>
  /**
   * Makes some rows of a batch a batch of their own, in the same state: what is unproved or gone, and halves of what
   * 3scale refused as a whole. Two rows are the same if all but their amounts agree; a row moves whole. Never rejects.
   *
   * @returns undefined: the batch is not ours any more, or the store does not answer. Then nothing has moved.
   */
  part(batch: StoredBatch, rows: readonly StoredRow[]): Promise<StoredBatch | undefined>
  readonly callers: StoredCallers
  /**
   * Gives up usage that is owed to a server which has not answered for `failingMs`: it is never booked there. Usage of a
   * command without an answer stays, because the server may have it, and so does what awaits its response.
   *
   * @returns 1,000 rows or a few more; again while there are any. They are this process's to report.
   */
  withdraw(failingMs: number): readonly StoredRow[]
  /** Usage that this process has admitted or booked and that the store has not confirmed yet. After `close` nothing. */
  unbooked(): UnbookedUsage
  stats(): StoreStats
  /**
   * Books what is owed and leaves the fleet. Everything else has to be settled before. Never rejects.
   *
   * @returns what could not be booked. From now on it is the caller's.
   */
  close(options?: { readonly timeoutMs?: number | undefined }): Promise<UnbookedUsage>
}

/** Usage that a store has not taken over. */
export interface UnbookedUsage {
  /** Surely not in the store. */
  readonly owed: readonly StoredRow[]
  /** In a command without an answer: it may be in the store. */
  readonly doubtful: readonly StoredRow[]
}

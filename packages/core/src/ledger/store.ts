/**
 * The seam to a store, which counts usage for one process or for all processes of a fleet. The core knows plans and
 * says what a usage touches. The store takes it if it fits, and keeps it until a report is settled.
 */
import type { UsageShape } from '../domain/usage.ts'
import type { StoreMessage } from '../observe/messages.ts'
import type { StoreStats } from '../observe/stats.ts'
import type { Clock } from '../primitives/clock.ts'
import type { StoredCallers } from './stored-callers.ts'

/** Counts for all processes that share it. Make one by `redisStore` of `@threescale/redis`. */
export interface UsageStore {
  /** Called once for each service of a gateway. Starts nothing before the first verb. Never throws. */
  open(host: StoreHost): ServiceStore
}

/** What a store needs of the gateway. The callbacks are called in the gateway's own context and must not throw. */
export interface StoreHost {
  /** Service id; undefined: a provider's default service. */
  readonly service: string | undefined
  /** Our own service token or provider key: the key of the HMAC that names callers. It is never stored or shown. */
  readonly secret: string
  readonly settings: StoreSettings
  readonly clock: Clock
  /** 0 to 1, for jitter. Default Math.random. */
  readonly random?: (() => number) | undefined
  /** Reads a layout that another process has written. Undefined: the text is none. */
  readLayout(text: string): Layout | undefined
  /** This process has to ask 3scale about the application, for all, and to give the answer to `apply`. */
  refresh(application: StoredApplication): void
  /** This process has to report what waits, for all: by `take`, once. */
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
  /** Between two reports. */
  readonly intervalMs: number
  /** Whether the counts are told with each answer, for RateLimit fields, or only with denials. */
  readonly tellCounts: boolean
}

/** The limits of a plan, as all applications with the same limits share them. */
export interface Layout {
  /** A hash of the text. No two layouts share one. Not empty. */
  readonly name: string
  /** All that `readLayout` needs: metric, period, maximum and covered metrics of each limit. */
  readonly text: string
  readonly limits: readonly StoredLimit[]
  /** What the usage touches in a minute (epoch milliseconds of its start). The same object for the same arguments. */
  print(usage: UsageShape, minute: number): Print
}

/** A limit with its maximum. */
export interface StoredLimit {
  /** Names it within its layout, `hits/minute`. */
  readonly name: string
  readonly max: number
  /** The metrics whose usage counts, its own included. */
  readonly covers: readonly string[]
}

/** What a usage touches in one minute: numbers by name, which a store adds to. */
export interface Print {
  readonly usage: UsageShape
  /** Epoch milliseconds of its start: usage is stamped with it. */
  readonly minute: number
  readonly layout: Layout
  /** The limits it falls under, amounts of 0 included. */
  readonly cells: readonly Cell[]
  /** Metrics with an amount above 0, and their amounts. */
  readonly metrics: readonly string[]
  readonly amounts: readonly number[]
}

/** One window of one limit. */
export interface Cell {
  /** Index of the limit in its layout. */
  readonly limit: number
  readonly name: string
  /** When the window ends, epoch milliseconds; 8.64e15 for eternity. */
  readonly end: number
  readonly need: number
  readonly max: number
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
  /** Undefined while this process does not know the limits. */
  readonly layout: Layout | undefined
  /** When 3scale was asked for the answer that last proved it, by the store's time; -Infinity: never. */
  readonly provedAt: number
  /** By the index of the limit in the layout; undefined where nothing was told. */
  readonly counts: readonly (StoredCount | undefined)[]
}

/**
 * The answer to `ask`.
 *
 * - 'yes': counted, and to be stamped with this minute (epoch milliseconds of its start).
 * - 'no': a limit is reached. `until`: when the last of the violated windows ends, by the store's time; Infinity if
 *   waiting does not help. `disabled`: a violated limit is 0.
 * - 'later': nothing was counted, because the store does not answer in time or knows too little. The policy decides.
 */
export type Asked =
  | { readonly kind: 'yes'; readonly minute: number }
  | { readonly kind: 'no'; readonly until: number; readonly disabled: boolean }
  | { readonly kind: 'later' }

/** 3scale's answer about one application, for `apply`. */
export interface StoredAnswer {
  /** When the question was sent, by the store's time. */
  readonly asked: number
  readonly layout: Layout
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
}

/**
 * What becomes of a batch.
 *
 * - 'flight': from now on a byte may reach the backend.
 * - 'acked': queued by the backend.
 * - 'back': surely not counted; its usage waits again.
 * - 'ambiguous': it is not known whether it was counted.
 * - 'gone': surely not counted, and given up.
 */
export type BatchState = 'flight' | 'acked' | 'back' | 'ambiguous' | 'gone'

/** The verbs of a store, for one service. A promise is returned only where the store has to be asked. */
export interface ServiceStore {
  /** The store's time, epoch milliseconds, never backwards. Our clock's until the store has told its own. */
  time(): number
  /** The application as the store sees it. To be kept with what the core knows of it, and dropped with that. */
  application(id: string): StoredApplication
  /**
   * Takes the usage once if all its limits have room. At once where it touches no limit or one is known to be full.
   *
   * @param awaitsResponse keeps its rows from reports until `release` tells the status of the response.
   */
  ask(application: StoredApplication, usage: UsageShape, awaitsResponse?: boolean): Asked | Promise<Asked>
  /**
   * Takes the usage while the store does not answer, within this process's share of what was left when it last did.
   *
   * @param whole all that was left instead of a share.
   */
  askAlone(application: StoredApplication, usage: UsageShape, whole: boolean): Asked
  /** Counts whatever the limits say, in the present minute: usage known only after the response. Sent at once. */
  book(application: StoredApplication, usage: UsageShape): void
  /** Lets usage be reported that awaited the status of its response. Undefined: the response has none. */
  release(application: StoredApplication, usage: UsageShape, minute: number, code: number | undefined): void
  /** Corrects the counts by an answer of 3scale. Resolves when all processes go by it. Never rejects. */
  apply(application: StoredApplication, answer: StoredAnswer): Promise<void>
  /**
   * Takes what waits in the store, the usage of up to 1,000 applications that wait longest, after booking what this
   * process still owes. Undefined: nothing waits, or the store does not answer. Never rejects.
   */
  take(): Promise<StoredBatch | undefined>
  /**
   * Says what became of a batch. 'flight' has to be confirmed before a byte is sent; of the others it is certain that
   * the store will learn of them, whether awaited or not. Never rejects.
   *
   * @returns false after 'flight': the batch is not ours any more, or the store does not answer. It must not be sent.
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
  stats(): StoreStats
  /**
   * Books what is owed and leaves the fleet. Everything else has to be settled before. Never rejects.
   *
   * @returns what could not be booked: `owed` surely is not in the store, `doubtful` may be.
   */
  close(options?: { readonly timeoutMs?: number | undefined }): Promise<UnbookedUsage>
}

/** Usage that a store could not take over. */
export interface UnbookedUsage {
  readonly owed: readonly StoredRow[]
  readonly doubtful: readonly StoredRow[]
}

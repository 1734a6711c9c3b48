/** What a store is told of limits: the layout of a plan, and what a usage touches under it. */
import type { UsageShape } from '../domain/usage.ts'

/** The limits of a plan, as all applications with the same limits share them. */
export interface Layout {
  /** A hash of the text. No two layouts share one. Not empty. */
  readonly name: string
  /** All that `readLayout` needs: metric, period, maximum and covered metrics of each limit. */
  readonly text: string
  readonly limits: readonly StoredLimit[]
  /**
   * What the usage touches in a minute (epoch milliseconds of its start). The same object for the same arguments, as long
   * as nothing new is learned about its metrics.
   */
  print(usage: UsageShape, minute: number): Print
}

/** A limit with its maximum. */
export interface StoredLimit {
  /** Names it within its layout, the period first: `minute/hits`. */
  readonly name: string
  readonly max: number
  /** The metrics whose usage counts, its own included, by the names under which 3scale stores them. */
  readonly covers: readonly string[]
}

/** What a usage touches in one minute: numbers by name, which a store adds to. */
export interface Print {
  readonly usage: UsageShape
  /** Epoch milliseconds of its start: usage is stamped with it. */
  readonly minute: number
  readonly layout: Layout
  /** False while a metric may not exist, or may fall under limits that are not among `cells`. */
  readonly settled: boolean
  /** The limits it falls under, amounts of 0 included. */
  readonly cells: readonly Cell[]
  /** Metrics with an amount above 0, by the names under which 3scale stores them, and their amounts. */
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

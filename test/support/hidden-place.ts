/** A metric tree in which no question can find out the place of a metric, so that each request is asked about by authrep. */
import type { Usage } from '../../packages/core/src/domain/usage.ts'

/** Lists show the children of `hits` and `wide` only. So `deep` could be below either. */
export const HIDING_METRICS: readonly { readonly name: string; readonly parent?: string }[] = [
  { name: 'hits' },
  { name: 'searches', parent: 'hits' },
  { name: 'deep', parent: 'searches' },
  { name: 'wide', parent: 'hits' },
  { name: 'leaf', parent: 'wide' },
]

/**
 * Beside a lower limit of `hits`. A question shows an ancestor by filling its limit. The limit of `hits` breaks before
 * that of `wide` is full, so it stays open whether `deep` is below `wide`.
 */
export const HIDING_LIMIT = { metric: 'wide', period: 'eternity', value: 1_000_000 } as const

/** Usage that no process can settle by itself. */
export const HIDDEN: Usage = { deep: 1 }

/** What one value of a `usage` parameter does to a counter. */
import type { Parameter } from '../rack/parameter.ts'

/** Adds `value` to a counter or, when the parameter begins with `#`, sets the counter to it. */
export interface Amount {
  readonly set: boolean
  readonly value: bigint
}

const nothing: Amount = { set: false, value: 0n }

/** Reads a value as the backend does: only a leading `#` sets, and a text that is not a number counts as 0. */
export function amountOf(value: Parameter | undefined): Amount {
  if (typeof value !== 'string') return nothing
  // Most values are one digit: skip the pattern for them.
  if (value.length === 1 && value >= '0' && value <= '9') return { set: false, value: BigInt(value) }
  const set = value.startsWith('#')
  const digits = /^[ \t\r\n\f\v]*([0-9]+)/.exec(set ? value.slice(1) : value)
  return { set, value: BigInt(digits?.[1] ?? 0) }
}

/** The value of a counter after an amount was applied. */
export function applyAmount(amount: Amount, counter: bigint): bigint {
  return amount.set ? amount.value : counter + amount.value
}

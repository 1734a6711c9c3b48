/** Checks how long a call may wait. */
import { ArgumentError } from '../errors.ts'
import { MAX_TIMER_MS } from '../primitives/clock.ts'
import { checkTable, either, isRecord, kindOf, whole } from '../validation/checks.ts'

/** How long `close` and `flush` may take. */
export interface WaitLimit {
  /** In milliseconds; `Infinity` waits until everything is done. Default 5000. */
  readonly timeoutMs?: number | undefined
}

const TABLE = {
  timeoutMs: either(
    (value) => value === Number.POSITIVE_INFINITY,
    (value) => value,
    whole(0, MAX_TIMER_MS),
  ),
}

/**
 * The time that is given, or else the default.
 *
 * @param name the method that is called.
 * @throws ArgumentError with every problem.
 */
export function checkedTimeout(name: string, limit: unknown, defaultMs: number): number {
  const problems: string[] = []
  if (limit === undefined) return defaultMs
  if (!isRecord(limit)) throw new ArgumentError([`${name}: its options must be an object, not ${kindOf(limit)}`])
  const { timeoutMs = defaultMs } = checkTable(limit, TABLE, name, problems)
  if (problems.length > 0) throw new ArgumentError(problems)
  return timeoutMs as number
}

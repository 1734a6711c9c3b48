/** The option `onDeny`, which every adapter has: 'answer', 'throw' or a function of the framework's own shape. */
import { ConfigError } from '../errors.ts'

/** Says what is wrong with a value of `onDeny`; empty when nothing is. Undefined is absent. */
export function onDenyProblems(onDeny: unknown): string[] {
  const known = onDeny === undefined || onDeny === 'answer' || onDeny === 'throw' || typeof onDeny === 'function'
  return known ? [] : ["onDeny: must be 'answer', 'throw' or a function"]
}

/**
 * The value of `onDeny`, or its default 'answer'.
 *
 * @throws ConfigError if it is neither a known word nor a function.
 */
export function checkedOnDeny<OnDeny>(onDeny: OnDeny | undefined): OnDeny | 'answer' {
  const problems = onDenyProblems(onDeny)
  if (problems.length > 0) throw new ConfigError(problems)
  return onDeny ?? 'answer'
}

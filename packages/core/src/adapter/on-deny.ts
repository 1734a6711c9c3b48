/** The option `onDeny`, which every adapter has: 'answer', 'throw' or a function of the framework's own shape. */

/** Says what is wrong with a value of `onDeny`; empty when nothing is. Undefined is absent. */
export function onDenyProblems(onDeny: unknown): string[] {
  const known = onDeny === undefined || onDeny === 'answer' || onDeny === 'throw' || typeof onDeny === 'function'
  return known ? [] : ["onDeny: must be 'answer', 'throw' or a function"]
}

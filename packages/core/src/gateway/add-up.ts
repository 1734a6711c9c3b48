/** Adds up usage of two places. */

/** The sums of both, by metric. */
export function addUp(
  one: Readonly<Record<string, number>>,
  other: Readonly<Record<string, number>>,
): Readonly<Record<string, number>> {
  const sums = { ...one }
  for (const [metric, amount] of Object.entries(other)) sums[metric] = (sums[metric] ?? 0) + amount
  return sums
}

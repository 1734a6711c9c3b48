/** Which bookings of an application are usage of their own, and not a part of what the store holds already. */
import type { OwedTimes } from './shared-application.ts'

/**
 * Usage that was counted at once; and usage that was held, released and reported, which belongs together. What is held
 * and not released yet is left out, and so is what was released after the store had heard that it is held.
 */
export function completeUsage(times: Iterable<OwedTimes>): OwedTimes[] {
  const complete: OwedTimes[] = []
  const moved = new Map<string, { held: OwedTimes[]; released: OwedTimes[]; reported: OwedTimes[] }>()
  for (const { shape, n } of times) {
    const { kind, print } = shape
    if (kind === 'counted') {
      if (n > 0) complete.push({ shape, n })
      continue
    }
    // Another layout may have made another print of it.
    const key = JSON.stringify([print.minute, print.metrics, print.amounts])
    const same = moved.get(key) ?? { held: [], released: [], reported: [] }
    moved.set(key, same)
    if (kind === 'held' || kind === 'released') same[kind].push({ shape, n })
    else same.reported.push({ shape, n })
  }
  for (const { held, released, reported } of moved.values()) {
    const n = Math.min(sumOf(held), -sumOf(released), sumOf(reported))
    if (n > 0) complete.push(...first(held, n), ...first(released, n), ...first(reported, n))
  }
  return complete
}

function sumOf(times: readonly OwedTimes[]): number {
  return times.reduce((sum, { n }) => sum + n, 0)
}

/** So many of them. Released ones are below 0. */
function first(times: readonly OwedTimes[], most: number): OwedTimes[] {
  let left = most
  return times.map(({ shape, n }) => {
    const taken = Math.min(left, Math.abs(n))
    left -= taken
    return { shape, n: Math.sign(n) * taken }
  })
}

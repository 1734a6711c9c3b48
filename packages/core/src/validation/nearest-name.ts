/** Finds the known name that an unknown name probably meant. */

/**
 * The known name nearest to an unknown one; undefined if none is near. Known names may be paths (`cache.ttlMs`): only
 * their last part is compared, so that an option in the wrong group is found too.
 */
export function nearest(name: string, known: readonly string[]): string | undefined {
  const wanted = plain(name)
  if (wanted === '') return undefined
  let best: string | undefined
  let bestDistance = Math.max(1, Math.floor(wanted.length / 3)) + 1
  for (const candidate of known) {
    const short = plain(candidate.slice(candidate.lastIndexOf('.') + 1))
    // By their letters `timeout` and timeoutMs, or `url` and backendUrl, are too far apart.
    const within = wanted.length >= 3 && (short.startsWith(wanted) || short.endsWith(wanted))
    const distance = Math.min(editDistance(wanted, short), within ? 0.5 : Number.POSITIVE_INFINITY)
    if (distance < bestDistance) {
      best = candidate
      bestDistance = distance
    }
  }
  return best
}

/** `service_id`, `service-id` and `ServiceID` are one name. */
function plain(name: string): string {
  return name
    .slice(0, 64)
    .replace(/[^a-z0-9]/gi, '')
    .toLowerCase()
}

/** How many letters to insert, drop, replace or swap with their neighbour. */
function editDistance(left: string, right: string): number {
  let beforePrevious: number[] = []
  let previous = Array.from({ length: right.length + 1 }, (_, column) => column)
  for (let row = 1; row <= left.length; row++) {
    const current = [row]
    for (let column = 1; column <= right.length; column++) {
      const replaced = previous[column - 1]! + (left[row - 1] === right[column - 1] ? 0 : 1)
      let distance = Math.min(replaced, previous[column]! + 1, current[column - 1]! + 1)
      if (row > 1 && column > 1 && left[row - 1] === right[column - 2] && left[row - 2] === right[column - 1]) {
        distance = Math.min(distance, beforePrevious[column - 2]! + 1)
      }
      current.push(distance)
    }
    beforePrevious = previous
    previous = current
  }
  return previous[right.length]!
}

/** Starts something once for all users of one object, and ends it with the last of them. */

/**
 * @param start called by the first user of a key; returns how to end it.
 * @returns a function for each user, which returns how that user leaves.
 */
export function sharedBy<Key extends object>(start: (key: Key) => () => void): (key: Key) => () => void {
  const running = new Map<Key, { users: number; readonly end: () => void }>()
  return (key) => {
    const entry = running.get(key) ?? { users: 0, end: start(key) }
    entry.users += 1
    running.set(key, entry)
    return () => {
      entry.users -= 1
      if (entry.users > 0) return
      running.delete(key)
      entry.end()
    }
  }
}

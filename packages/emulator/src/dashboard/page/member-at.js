/**
 * A member of a member, and so on; undefined where there is none. Only own members, because a metric may be called
 * `constructor`.
 */
export function memberAt(object, path) {
  let at = object
  for (const name of path) at = at !== undefined && Object.hasOwn(at, name) ? at[name] : undefined
  return at
}

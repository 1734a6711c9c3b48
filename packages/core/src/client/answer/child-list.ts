/** Reads the list of a metric's children. Blanks separate the names, but a name may hold blanks too. */

/** Undefined if the list can be read in two ways, as `hits  m` can: two names, or one that ends with a blank. */
export function readChildren(text: string, names: readonly string[]): readonly string[] | undefined {
  if (text === '') return []
  if (text.startsWith(' ') || text.endsWith(' ') || text.includes('  ')) return undefined
  for (const name of names) if (name.includes(' ') && ` ${text} `.includes(` ${name} `)) return undefined
  return text.split(' ')
}

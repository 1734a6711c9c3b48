/**
 * Reads a query or form body like the backend's parser (rack 2.2, nested parameters). Written from Rack's rules for
 * these tests alone, so that it shares nothing with the encoder.
 */
export type Nested = { [name: string]: string | null | Nested }

export function parseQuery(query: string): Nested {
  const result: Nested = Object.create(null)
  for (const pair of query.split('&')) {
    const part = pair.replace(/^ +/, '')
    if (part === '') continue
    const at = part.indexOf('=')
    const name = decode(at === -1 ? part : part.slice(0, at))
    nest(result, name, at === -1 ? null : decode(part.slice(at + 1)))
  }
  return result
}

function decode(text: string): string {
  return decodeURIComponent(text.replaceAll('+', ' '))
}

function nest(into: Nested, name: string, value: string | null): void {
  const match = /^[[\]]*([^[\]]+)\]*/.exec(name)
  if (match === null) return
  const key = match[1]!
  const after = name.slice(match[0].length)
  if (after === '') into[key] = value
  else if (after === '[') into[name] = value
  else if (after.startsWith('[]')) throw new Error(`no array is ever meant: ${name}`)
  else {
    into[key] ??= Object.create(null) as Nested
    const inner = into[key]
    if (typeof inner !== 'object' || inner === null) throw new Error(`expected Hash for ${key}`)
    nest(inner, after, value)
  }
}

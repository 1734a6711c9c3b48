/** The headers of one part of a multipart body, as Rack 3 reads them. Works on byte strings. */
import { strip } from '../ruby/strip.ts'
import { ParameterError } from './parameter.ts'

/** What Rack takes from the headers of a part. */
export interface PartHeaders {
  readonly name: string
  /** Set if the part is a file; empty if no file was chosen. */
  readonly filename: string | undefined
  readonly contentType: string | undefined
}

/** Reads the headers. @throws ParameterError of kind `crash` where Rack crashes. */
export function readPartHeaders(head: string): PartHeaders {
  const contentType = headerIn(head, 'Content-Type')
  const disposition = headerIn(head, 'Content-Disposition')
  const isRead = disposition !== undefined && disposition.length <= maxDispositionBytes
  const parameters = isRead ? readDisposition(disposition) : new Map<string, string>()
  const filename = filenameOf(parameters)
  const name = isRead ? parameters.get('name') : headerIn(head, 'Content-ID')
  return { name: name || (filename ?? `${contentType ?? 'text/plain'}[]`), filename, contentType }
}

const maxDispositionBytes = 1536
const maxParameters = 16

/** A header's value; a line that begins with a blank continues it. */
function headerIn(head: string, name: string): string | undefined {
  return new RegExp(`(?:^|\\n)${name}:(?:[ \\t]+(?:\\r\\n[ \\t]+)?)?((?:[^\\r\\n]|\\r\\n[ \\t])*)`, 'i').exec(head)?.[1]
}

function readDisposition(disposition: string): Map<string, string> {
  const parameters = new Map<string, string>()
  const semicolon = disposition.indexOf(';')
  if (semicolon < 0) throw new ParameterError('crash', 'Content-Disposition without a parameter')
  let rest = disposition.slice(semicolon + 1)
  for (let count = 1; count <= maxParameters && rest.includes('='); count++) {
    const equals = rest.indexOf('=')
    const parameter = rest.slice(0, equals).replace(leadingBlanks, '')
    rest = rest.slice(equals + 1)
    const [value, after] = rest.startsWith('"') ? readQuoted(rest.slice(1), parameter) : readToken(rest)
    parameters.set(parameter, value)
    rest = after.slice(after.indexOf(';') + 1)
  }
  return parameters
}

const leadingBlanks = /^[\0\t-\r ]+/

/** A value up to its closing quote, and what follows it. A quote that is never closed makes it empty. */
function readQuoted(text: string, parameter: string): [string, string] {
  let value = ''
  let at = 0
  for (;;) {
    const index = text.slice(at).search(/["\\]/)
    if (index < 0) return [value, text.slice(at)]
    value += text.slice(at, at + index)
    at += index + 1
    if (text[at - 1] === '"') return [value, text.slice(at)]
    const escaped = text.charAt(at)
    at += 1
    // Old browsers send the backslashes of a path as they are.
    value += parameter === 'filename' && escaped !== '"' ? `\\${escaped}` : escaped
  }
}

function readToken(text: string): [string, string] {
  const end = text.indexOf(';')
  return end < 0 ? [strip(text), ''] : [text.slice(0, end), text.slice(end)]
}

function filenameOf(parameters: ReadonlyMap<string, string>): string | undefined {
  const extended = parameters.get('filename*')
  if (extended === undefined) {
    const filename = parameters.get('filename')
    return filename === undefined ? undefined : lastSegment(filename)
  }
  if (extended === '') throw new ParameterError('crash', 'filename* without an encoding')
  return lastSegment(extended.split("'").slice(2).join("'"))
}

/** A path without its folders, unescaped if all its escapes are whole. */
function lastSegment(path: string): string {
  const isEscaped = (path.match(/%.?.?/g) ?? []).every((found) => /%[0-9a-f]{2}/i.test(found))
  const plain = isEscaped
    ? path.replace(/%([0-9a-f]{2})/gi, (_found, hex) => String.fromCharCode(Number.parseInt(hex, 16)))
    : path
  return plain
    .replace(/[/\\]+$/, '')
    .split(/[/\\]/)
    .at(-1)!
}

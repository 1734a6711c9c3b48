/** multipart bodies as Rack 3 reads them (rack, lib/rack/multipart/parser.rb). Works on byte strings. */
import { decodeBytes } from '../ruby/bytes.ts'
import { strip } from '../ruby/strip.ts'
import { type PartHeaders, readPartHeaders } from './multipart-headers.ts'
import { addParameter } from './nesting.ts'
import { type Parameter, ParameterError, type ParameterHash } from './parameter.ts'

const maxBoundaryLength = 70
const maxParts = 4096
const maxFiles = 128
const maxBytesBeforeParts = 16 * 1024
const maxHeadBytes = 64 * 1024

/** The boundary in a Content-Type, or undefined when it names none; Rack then reads the body like any other form. */
export function boundaryOf(contentType: string): string | undefined {
  return /^multipart\/.*boundary="?([^";,]+)"?/i.exec(contentType)?.[1]
}

interface Part extends PartHeaders {
  readonly head: string
  readonly content: string
}

/**
 * Parses a body. A part with a file name becomes a hash, as an upload is in Rack.
 * @throws ParameterError of kind `multipart` when the body ends too early (Rack's EmptyContentError), of kind `crash`
 * where Rack or its limits raise what the backend does not expect.
 */
export function parseMultipart(body: string, boundary: string): ParameterHash {
  if (boundary.length > maxBoundaryLength) {
    throw new ParameterError('crash', `multipart boundary size too large (${boundary.length} characters)`)
  }
  const parameters: ParameterHash = new Map()
  for (const part of readParts(body, boundary)) {
    if (part.filename === '') continue
    addParameter(parameters, decodeBytes(part.name), part.filename === undefined ? textOf(part) : uploadOf(part))
  }
  return parameters
}

function readParts(body: string, boundary: string): Part[] {
  const scanner = new BoundaryScanner(body, boundary)
  const parts: Part[] = []
  let files = 0
  if (!scanner.skipToFirstPart()) return parts
  do {
    const head = scanner.takeHead()
    const headers = readPartHeaders(head)
    if (headers.filename !== undefined) files++
    if (files >= maxFiles || parts.length + 1 >= maxParts) throw new ParameterError('crash', 'too many parts')
    parts.push({ ...headers, head, content: scanner.takeContent() })
  } while (scanner.takeBoundary())
  return parts
}

/** Rack looks for a charset in the type of a text, and crashes where it finds no name or no value. */
function textOf({ contentType, content }: Part): string {
  const given = contentType?.replace(/;+$/, '')
  const [type, ...parameters] = given?.split(';') ?? []
  const isText = type !== undefined && strip(type) === 'text/plain'
  if (given === '' || (isText && parameters.some((parameter) => !parameter.includes('=')))) {
    throw new ParameterError('crash', 'unreadable Content-Type of a part')
  }
  return decodeBytes(content)
}

function uploadOf({ name, filename = '', contentType, head }: Part): ParameterHash {
  const type = contentType === undefined ? null : decodeBytes(contentType)
  const texts: [string, Parameter][] = [
    ['filename', decodeBytes(filename)],
    ['type', type],
    ['name', decodeBytes(name)],
    ['tempfile', ''],
    ['head', decodeBytes(head)],
  ]
  return new Map(texts)
}

/** A position in a body, moved from boundary to boundary. */
class BoundaryScanner {
  readonly #body: string
  readonly #endSize: number
  readonly #boundary: RegExp
  #at = 0

  constructor(body: string, boundary: string) {
    this.#body = body
    this.#endSize = boundary.length + 4
    // Rack's `\A` is the position of its scanner, so a boundary may follow at once.
    this.#boundary = new RegExp(`(?:\\r\\n|^)--${boundary.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&')}(\\r\\n|--)`)
  }

  /** Goes to the first part; false if the body is nothing but an end. */
  skipToFirstPart(): boolean {
    for (;;) {
      const found = this.#find()
      if (!found) throw truncated(this.#body.length > maxBytesBeforeParts)
      this.#at += found.index + found[0].length
      if (found[1] === '\r\n') return true
      if (this.#at === this.#endSize && this.#body.slice(this.#at) === '\r\n') return false
    }
  }

  /** The headers of a part, each with its line end. */
  takeHead(): string {
    const end = this.#body.indexOf('\r\n\r\n', this.#at)
    if (end < 0) throw truncated(this.#body.length - this.#at > maxHeadBytes)
    const head = this.#body.slice(this.#at, end + 2)
    this.#at = end + 4
    return head
  }

  /** The content of a part. */
  takeContent(): string {
    const found = this.#find()
    if (!found) throw truncated()
    const content = this.#body.slice(this.#at, this.#at + found.index)
    // Where the boundary follows at once, Rack skips its dashes in place of a line end, and misses it.
    this.#at += content.length + 2
    return content
  }

  /** Passes a boundary; false if it was the last one. */
  takeBoundary(): boolean {
    const found = this.#find()
    if (!found) return false
    this.#at += found.index + found[0].length
    return found[1] === '\r\n'
  }

  #find(): RegExpExecArray | null {
    return this.#boundary.exec(this.#body.slice(this.#at))
  }
}

/** Rack reads on until it has what it looks for, up to a limit. */
function truncated(isBeyondLimit = false): ParameterError {
  return isBeyondLimit
    ? new ParameterError('crash', 'a part or its headers do not begin within the limit')
    : new ParameterError('multipart', 'Rack::Multipart::EmptyContentError')
}

/** multipart bodies as Rack 3 reads them (rack, lib/rack/multipart/parser.rb). Works on byte strings. */
import { decodeBytes } from '../ruby/bytes.ts'
import { strip } from '../ruby/strip.ts'
import { readPartHeaders } from './multipart-headers.ts'
import { addParameter } from './nesting.ts'
import { type Parameter, ParameterError, type ParameterHash } from './parameter.ts'

const maxBoundaryLength = 70
const maxParts = 4096
const maxFiles = 128

/** The boundary in a Content-Type, or undefined when it names none; Rack then reads the body like any other form. */
export function boundaryOf(contentType: string): string | undefined {
  return /^multipart\/.*boundary="?([^";,]+)"?/i.exec(contentType)?.[1]
}

interface Part {
  readonly name: string
  readonly value: Parameter
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
  for (const { name, value } of readParts(body, boundary)) addParameter(parameters, decodeBytes(name), value)
  return parameters
}

function readParts(body: string, boundary: string): Part[] {
  const scanner = new BoundaryScanner(body, boundary)
  const parts: Part[] = []
  if (!scanner.skipToFirstPart()) return parts
  let [seen, files] = [0, 0]
  do {
    const head = scanner.takeHead()
    const { name, filename, contentType } = readPartHeaders(head)
    if (filename !== undefined) files++
    seen++
    if (files >= maxFiles || seen >= maxParts) throw new ParameterError('crash', 'too many parts')
    const content = scanner.takeContent()
    if (filename === '') continue
    if (filename === undefined) checkContentType(contentType)
    const value = filename === undefined ? decodeBytes(content) : upload(filename, name, contentType, head)
    parts.push({ name, value })
  } while (scanner.takeBoundary())
  return parts
}

function upload(filename: string, name: string, contentType: string | undefined, head: string): ParameterHash {
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

/** Rack looks for a charset in the type of a text, and crashes where it finds no name or no value. */
function checkContentType(contentType: string | undefined): void {
  if (contentType === undefined) return
  const [type, ...parameters] = contentType.replace(/;+$/, '').split(';')
  const isBroken =
    contentType.replace(/;+$/, '') === '' ||
    (strip(type!) === 'text/plain' && parameters.some((parameter) => !parameter.includes('=')))
  if (isBroken) throw new ParameterError('crash', 'unreadable Content-Type of a part')
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
      if (!found) throw truncated()
      this.#at += found.index + found[0].length
      if (found[1] === '\r\n') return true
      if (this.#at === this.#endSize && this.#body.slice(this.#at) === '\r\n') return false
    }
  }

  /** The headers of a part, each with its line end. */
  takeHead(): string {
    const end = this.#body.indexOf('\r\n\r\n', this.#at)
    if (end < 0) throw truncated()
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

function truncated(): ParameterError {
  return new ParameterError('multipart', 'Rack::Multipart::EmptyContentError')
}

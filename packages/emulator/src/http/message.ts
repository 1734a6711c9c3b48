/** Requests and answers, independent of sockets. */
import { STATUS_CODES } from 'node:http'
import { strip } from '../ruby/strip.ts'

/** A request as `Emulator.handle` takes it. */
export interface EmulatorRequest {
  readonly method: string
  /** The request target as on the wire: path and query, percent-encoded. */
  readonly target: string
  /** Names in lower case. */
  readonly headers?: Readonly<Record<string, string | readonly string[] | undefined>>
  /** A string is encoded as UTF-8. Undefined: no body and no length of one, which differs from an empty body. */
  readonly body?: string | Uint8Array | undefined
}

/** An answer. Header names are in lower case; the server adds content-length, date and connection. */
export interface EmulatorResponse {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** A header's value, trimmed. Several values are joined by commas. */
export function headerOf(request: EmulatorRequest, name: string): string | undefined {
  const value = request.headers?.[name]
  if (value === undefined) return undefined
  return strip(typeof value === 'string' ? value : value.join(', '))
}

/** The address under which a request has reached the emulator, without slash at the end. */
export function addressOf(request: EmulatorRequest): string {
  return `http://${headerOf(request, 'host') ?? 'localhost'}`
}

/** An answer as text for a socket that is closed afterwards. */
export function writeMessage({ status, headers, body }: EmulatorResponse): string {
  const all = { 'content-length': String(Buffer.byteLength(body)), ...headers, connection: 'close' }
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}`)
  return [`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`, ...lines, '', body].join('\r\n')
}

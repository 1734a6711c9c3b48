/** Requests and answers without a socket. */
import { STATUS_CODES } from 'node:http'
import { strip } from '../ruby/strip.ts'

/** A request as `Emulator.handle` takes it. */
export interface EmulatorRequest {
  readonly method: string
  /** The request target as on the wire: path and query, percent-encoded. */
  readonly target: string
  /** Names in lower case. */
  readonly headers?: Readonly<Record<string, string | readonly string[] | undefined>>
  /** A string is taken as UTF-8. */
  readonly body?: string | Uint8Array | undefined
}

/** The answer. Header names are in lower case; content-length, date and connection are left to the server. */
export interface EmulatorResponse {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** A header's value without the blanks around it; several are joined as HTTP joins them. */
export function headerOf(request: EmulatorRequest, name: string): string | undefined {
  const value = request.headers?.[name]
  if (value === undefined) return undefined
  return strip(typeof value === 'string' ? value : value.join(', '))
}

/** An answer as bytes for a socket that is closed after it. */
export function writeMessage({ status, headers, body }: EmulatorResponse): string {
  const all = { 'content-length': String(Buffer.byteLength(body)), ...headers, connection: 'close' }
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}`)
  return [`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`, ...lines, '', body].join('\r\n')
}

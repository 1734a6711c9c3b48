/** Headers that say what an answer is: content type and encoding. */
import type { TransportResponse } from '../transport/transport.ts'

const THREESCALE = /^application\/vnd\.3scale-v\d+\.\d+\+xml\s*(?:;|$)/i

/** Whether the content type is 3scale's: `application/vnd.3scale-v2.0+xml`, whatever its parameters. */
export function isThreescaleType(response: TransportResponse): boolean {
  return THREESCALE.test(headerOf(response, 'content-type') ?? '')
}

/** The type without parameters, for messages; 'no content type' if the header is missing or has another form. */
export function shownType(response: TransportResponse): string {
  const type = /^[a-z]+\/[a-z0-9.+-]{1,64}/i.exec(headerOf(response, 'content-type') ?? '')
  return type?.[0] ?? 'no content type'
}

/** Whether the body is compressed, which the client never asks for. */
export function isEncoded(response: TransportResponse): boolean {
  const encoding = headerOf(response, 'content-encoding')
  return encoding !== undefined && encoding.trim() !== '' && encoding.trim().toLowerCase() !== 'identity'
}

/** The value of a header; the first if there are several. */
export function headerOf(response: TransportResponse, name: string): string | undefined {
  const value = response.headers[name]
  return typeof value === 'object' ? value[0] : value
}

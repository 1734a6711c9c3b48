/** Content types of answers. */
import type { TransportResponse } from '../transport/transport.ts'

const THREESCALE = /^application\/vnd\.3scale-v\d+\.\d+\+xml\s*(?:;|$)/i

/** Whether an answer says that it is 3scale's: `application/vnd.3scale-v2.0+xml`, whatever its parameters. */
export function isThreescaleType(response: TransportResponse): boolean {
  return THREESCALE.test(headerOf(response, 'content-type') ?? '')
}

/** The type without parameters, for messages; 'no content type' where it could be anything else. */
export function shownType(response: TransportResponse): string {
  const type = /^[a-z]+\/[a-z0-9.+-]{1,64}/i.exec(headerOf(response, 'content-type') ?? '')
  return type?.[0] ?? 'no content type'
}

/** Whether the body is compressed, which was not asked for. */
export function isEncoded(response: TransportResponse): boolean {
  const encoding = headerOf(response, 'content-encoding')
  return encoding !== undefined && encoding.trim() !== '' && encoding.trim().toLowerCase() !== 'identity'
}

/** A header's value, the first of several. */
export function headerOf(response: TransportResponse, name: string): string | undefined {
  const value = response.headers[name]
  return typeof value === 'object' ? value[0] : value
}

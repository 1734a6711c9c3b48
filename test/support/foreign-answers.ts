/** Answers with a 4xx that is not 3scale's, as whatever stands in front of the backend gives them. */
import fc from 'fast-check'
import type { TransportResponse } from '../../packages/core/src/client/transport/transport.ts'

const TYPE = 'application/vnd.3scale-v2.0+xml'

/** One such answer; `type` undefined: without a content type. */
export function foreign(status: number, type: string | undefined, body: string | Uint8Array): TransportResponse {
  return { status, headers: type === undefined ? {} : { 'content-type': type }, body: Buffer.from(body) }
}

const statuses = fc.oneof(
  fc.constantFrom(400, 401, 403, 404, 405, 407, 408, 409, 413, 414, 421, 422, 431, 451, 499),
  fc.integer({ min: 400, max: 499 }).filter((status) => status !== 429),
)
const types = fc.constantFrom(
  undefined,
  'text/html',
  'text/plain; charset=utf-8',
  'application/json',
  TYPE,
  '',
  '\u00ff',
)
const bodies = fc.oneof(
  fc.constantFrom(
    '',
    'x',
    '<html>blocked</html>',
    '<status><authorized>true</authorized></status>',
    '<error code="">x',
  ),
  fc.constant('<error code="user_key_invalid">cut'),
  fc.uint8Array({ maxLength: 60 }),
)

/** Any 4xx but 429, with any page, and with documents that are not whole. */
export const foreignAnswers: fc.Arbitrary<TransportResponse> = fc
  .tuple(statuses, types, bodies)
  .map(([status, type, body]) => foreign(status, type, body))

/** Counts the bytes of a body that a handler writes, for routes that meter a response after its end. */
import type { ServerResponse } from 'node:http'

/** Statuses of answers without a body, whatever is written. */
const BODILESS = new Set([204, 304])

/**
 * Wraps `write` and `end` of one response. Nothing counts that Node does not send: the body of an answer to HEAD, and
 * what is written after the client has left.
 *
 * @returns how many bytes were written so far.
 */
export function countWrittenBytes(method: string | undefined, response: ServerResponse): () => number {
  let bytes = 0
  const { write, end } = response
  const sizeOf = (chunk: unknown, encoding: unknown): number => {
    if (method === 'HEAD' || BODILESS.has(response.statusCode) || response.destroyed) return 0
    if (typeof chunk === 'string')
      return Buffer.byteLength(chunk, typeof encoding === 'string' ? (encoding as BufferEncoding) : undefined)
    return chunk instanceof Uint8Array ? chunk.byteLength : 0
  }
  /** What the running call was given. It may hand that on to another one, as `end` does on HTTP/2. */
  let handed: unknown
  const counted = <Given extends unknown[], Result>(original: (...given: Given) => Result) =>
    function (this: ServerResponse, ...given: Given): Result {
      const [chunk, encoding] = given
      const outer = handed
      const size = response.writableEnded || chunk === outer ? 0 : sizeOf(chunk, encoding)
      handed = chunk
      try {
        const result = original.apply(this, given)
        bytes += size
        return result
      } finally {
        handed = outer
      }
    }
  response.write = counted(write as never) as typeof write
  response.end = counted(end as never) as typeof end
  return () => bytes
}

/** Counts the bytes of a body that a handler writes, for routes that meter a response after its end. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Http2ServerResponse } from 'node:http2'

/** Statuses of answers without a body, whatever is written. */
const BODILESS = new Set([204, 304])

/** What a call was given, and how much of that counts. */
interface Given {
  readonly chunk: unknown
  readonly encoding: unknown
  size: number
}

/**
 * Wraps `write` and `end` of one response; on HTTP/2 those of its stream, where what middleware has replaced leads to.
 * Nothing counts that Node does not send: the body of an answer to HEAD, and what is written after the client has left.
 *
 * @returns how many bytes were written so far.
 */
export function countWrittenBytes(
  request: Pick<IncomingMessage, 'method' | 'httpVersionMajor'>,
  response: ServerResponse,
): () => number {
  let bytes = 0
  const target = request.httpVersionMajor > 1 ? (response as never as Http2ServerResponse).stream : response
  const { write, end } = target
  const sizeOf = (chunk: unknown, encoding: unknown): number => {
    if (request.method === 'HEAD' || BODILESS.has(response.statusCode)) return 0
    if (target.writableEnded || target.destroyed) return 0
    if (typeof chunk === 'string') return Buffer.byteLength(chunk, encodingOf(encoding))
    return chunk instanceof Uint8Array ? chunk.byteLength : 0
  }
  /** The running call, or one of `end` that has not ended the response yet. */
  let outer: Given | undefined
  const counted = <Arguments extends unknown[], Result>(original: (...given: Arguments) => Result, ends: boolean) =>
    function (this: unknown, ...given: Arguments): Result {
      const [chunk, encoding] = given
      const call: Given = { chunk, encoding, size: sizeOf(chunk, encoding) }
      const enclosing = outer
      // Earlier middleware may hand on what it was given, by a method of the response: once.
      if (enclosing !== undefined && isSame(call, enclosing)) {
        bytes -= enclosing.size
        enclosing.size = 0
      }
      bytes += call.size
      outer = call
      try {
        return original.apply(this, given)
      } catch (error) {
        bytes -= call.size
        call.size = 0
        throw error
      } finally {
        outer = ends && !target.writableEnded ? call : enclosing
      }
    }
  target.write = counted(write as never, false) as never
  target.end = counted(end as never, true) as never
  return () => bytes
}

function isSame(call: Given, outer: Given): boolean {
  if (call.size === 0 || outer.size === 0) return false
  return call.chunk === outer.chunk || bytesOf(call).equals(bytesOf(outer))
}

function bytesOf({ chunk, encoding }: Given): Buffer {
  if (typeof chunk === 'string') return Buffer.from(chunk, encodingOf(encoding))
  const { buffer, byteOffset, byteLength } = chunk as Uint8Array
  return Buffer.from(buffer, byteOffset, byteLength)
}

/** A callback may stand in its place. */
function encodingOf(given: unknown): BufferEncoding | undefined {
  return typeof given === 'string' ? (given as BufferEncoding) : undefined
}

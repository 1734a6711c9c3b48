/**
 * What adapters need to know about a response of node:http or node:http2: when it has ended and whether the client
 * is still there. Decides nothing.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Http2ServerResponse } from 'node:http2'
import type { ResponseView } from '../request/request-view.ts'
import { waitersOf } from './socket-waiters.ts'

/** A body that is still under way beyond this many bytes is not waited for, in bytes. */
const MAX_UPLOAD_BYTES = 65_536

/**
 * Calls `ended` exactly once: when the last byte was handed to the connection (`finished` true) or when the client
 * went away before that. Where one of both has happened already it is called at once.
 *
 * @returns whether the response was still open.
 */
export function followResponse(
  request: IncomingMessage,
  response: ServerResponse,
  ended: (finished: boolean) => void,
): boolean {
  const finished = hasFinished(response)
  if (finished || hasLeft(request, response)) {
    ended(finished && !request.aborted)
    return false
  }
  let open = true
  const end = (finished: boolean): void => {
    if (!open) return
    open = false
    waiters?.delete(closed)
    ended(finished)
  }
  const closed = (): void => end(false)
  // An HTTP/2 response says 'finish' for a cancelled stream too; only `aborted` tells.
  response.on('finish', () => end(!request.aborted))
  // light-my-request says 'close' without writableFinished for answers that did finish, but after 'finish'.
  response.on('close', closed)
  // Node tells the response of HEAD on HTTP/2 nothing if it was never ended.
  if (request.httpVersionMajor > 1) (response as never as Http2ServerResponse).stream.once('close', closed)
  const waiters = request.httpVersionMajor > 1 ? undefined : waitersOf(response.socket ?? request.socket)
  waiters?.add(closed)
  return true
}

/**
 * As `followResponse`, where little depends on it: `finished` is also true if the client went away while the last bytes
 * were under way. One function listens, and nothing else is kept.
 */
export function followEnd(
  request: IncomingMessage,
  response: ServerResponse,
  ended: (finished: boolean) => void,
): boolean {
  if (request.httpVersionMajor > 1) return followResponse(request, response, ended)
  const finished = hasFinished(response)
  if (finished || hasLeft(request, response)) {
    ended(finished && !request.aborted)
    return false
  }
  let open = true
  const end = (): void => {
    if (!open) return
    open = false
    waiters?.delete(end)
    ended(response.writableEnded && !request.aborted)
  }
  // light-my-request does not say 'close' for each answer.
  response.on('finish', end)
  response.on('close', end)
  const waiters = waitersOf(response.socket ?? request.socket)
  waiters?.add(end)
  return true
}

/** Whether the client of a response that has not finished is gone. */
export function isClientGone(request: IncomingMessage, response: ServerResponse): boolean {
  return !hasFinished(response) && hasLeft(request, response)
}

function hasLeft(request: IncomingMessage, response: ServerResponse): boolean {
  // A pipelined response waits without a socket and hears nothing of its client's end.
  return request.aborted || response.destroyed || (response.socket === null && request.socket?.destroyed)
}

/** Node finishes the stream of a HEAD request on HTTP/2 before it was answered, so that alone tells nothing. */
function hasFinished(response: ServerResponse): boolean {
  // Cheapest first: Express makes each look at a response a slow one.
  return response.writableEnded && response.writableFinished
}

/**
 * Makes the answer close the connection when the caller is still sending a body too large to wait for. Node would
 * read it to its end before the next request. HTTP/2 ends streams one by one and never needs it.
 */
export function endUpload(request: IncomingMessage, response: ServerResponse): void {
  if (request.complete || request.httpVersionMajor > 1) return
  const length = request.headers['content-length']
  const large = length === undefined ? 'transfer-encoding' in request.headers : Number(length) > MAX_UPLOAD_BYTES
  // Not a header: frameworks take headers back when an error is thrown.
  if (large) response.shouldKeepAlive = false
}

/**
 * The end of an answer as callbacks see it.
 *
 * @param header reads what frameworks keep beside the response first.
 * @param bytesWritten tells how much of the body was written; undefined where nobody asks for it.
 */
export function responseView(
  response: ServerResponse,
  finished: boolean,
  header: (name: string) => number | string | string[] | undefined = (name) => response.getHeader(name),
  bytesWritten?: () => number,
): ResponseView {
  return {
    status: response.statusCode,
    finished,
    bytesWritten: bytesWritten?.(),
    header(name) {
      const value = header(name)
      return value === undefined ? undefined : String(value)
    },
  }
}

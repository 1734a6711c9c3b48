/** Tells when the body of a response has been read to its end, or was given up before. Changes no byte of it. */

/** How much of a body was read, and whether to its end. */
export type BodyEnd = (finished: boolean, bytes: number) => void

/**
 * The same response with a body that tells its end. A response without a body ends at once, and so does one to HEAD, whose
 * body no server reads.
 *
 * @param signal aborts when the client disconnects, for servers that do not cancel the body then.
 * @param ended is called exactly once.
 */
export function followBody(method: string, response: Response, signal: AbortSignal, ended: BodyEnd): Response {
  const { body } = response
  let bytes = 0
  let open = true
  const end = (finished: boolean): void => {
    if (!open) return
    open = false
    signal.removeEventListener('abort', abort)
    ended(finished, bytes)
  }
  const abort = (): void => end(false)
  if (body === null || method === 'HEAD') {
    end(true)
    return response
  }
  signal.addEventListener('abort', abort)
  if (signal.aborted) abort()
  const reader: ReadableStreamDefaultReader<Uint8Array> = body.getReader()
  const followed = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const { done, value } = await reader.read()
          if (done) {
            end(true)
            controller.close()
          } else {
            bytes += value.byteLength
            controller.enqueue(value)
          }
        } catch (error) {
          end(false)
          controller.error(error)
        }
      },
      cancel(reason) {
        end(false)
        return reader.cancel(reason)
      },
    },
    // Reads nothing ahead of the server.
    { highWaterMark: 0 },
  )
  return new Response(followed, response)
}

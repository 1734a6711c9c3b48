/** The server's side of requests, so that a test can wait until a server has seen its client leave. */
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { onTestFinished } from 'vitest'

const CHANNEL = 'http.server.request.start'

/** The responses of this process's servers to targets that begin so, as they come until the end of the test. */
export function responsesTo(target: string): readonly ServerResponse[] {
  const responses: ServerResponse[] = []
  const note = (message: unknown) => {
    const { request, response } = message as { request: IncomingMessage; response: ServerResponse }
    if (request.url?.startsWith(target)) responses.push(response)
  }
  subscribe(CHANNEL, note)
  onTestFinished(() => void unsubscribe(CHANNEL, note))
  return responses
}

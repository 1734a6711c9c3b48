/** The server's side of requests, so that a test can wait until a server has seen its client leave. */
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { onTestFinished } from 'vitest'

const CHANNEL = 'http.server.request.start'

/** Collects the responses of this process to requests whose target begins with this one, until the test ends. */
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

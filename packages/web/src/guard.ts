/** Asks the gateway about a request of the Fetch API, lets the handler answer, and follows its response. */
import type { Allowed, Decision, Denied, Gateway } from '@threescale/core'
import { familyOf, noteAllowed, wasAllowed } from '@threescale/core/adapter'
import { followBody } from './followed-body.ts'
import type { FetchRequestView, WebView } from './view.ts'

/** What follows a decision. */
export interface Outcomes {
  /** The handler answers; without a decision where the gateway let the request pass without asking. */
  handle(allowed: Allowed | undefined): Response | Promise<Response>
  /** The denial is answered, or thrown. */
  deny(denied: Denied): Response | Promise<Response>
}

/** nginx's status for a client that has gone. It reaches nobody. */
const CLIENT_GONE = 499

/** @returns the response, whose body tells the gateway its end. */
export async function guard(gateway: Gateway<WebView>, view: FetchRequestView, outcomes: Outcomes): Promise<Response> {
  const { request } = view
  if (wasAllowed(request, gateway)) return outcomes.handle(undefined)
  const family = familyOf(gateway)
  // A gateway that is being closed waits for this request, too: its handler may add usage.
  family?.responses?.opened()
  try {
    const decision = await gateway.evaluate(view)
    if (decision.outcome === 'skip') return await outcomes.handle(undefined)
    if (decision.outcome === 'deny') {
      const gone = decision.code === 'client_closed_request' || request.signal.aborted
      return gone ? new Response(null, { status: CLIENT_GONE }) : await outcomes.deny(decision)
    }
    return await answer(gateway, view, outcomes, decision)
  } finally {
    family?.responses?.closed()
  }
}

async function answer(
  gateway: Gateway<WebView>,
  view: FetchRequestView,
  { handle }: Outcomes,
  decision: Allowed,
): Promise<Response> {
  const { request, method } = view
  const settle = settler(gateway, decision)
  if (request.signal.aborted) {
    settle(new Response(null, { status: CLIENT_GONE }), false, 0)
    return new Response(null, { status: CLIENT_GONE })
  }
  noteAllowed(request, gateway)
  if (view.request !== request) noteAllowed(view.request, gateway)
  // A handler that never answers would keep the response open.
  const leave = (): void => settle(new Response(null, { status: CLIENT_GONE }), false, 0)
  request.signal.addEventListener('abort', leave)
  try {
    const response = withHeaders(await handle(decision), decision.headers)
    return followBody(method, response, request.signal, (finished, bytes) => settle(response, finished, bytes))
  } catch (error) {
    settle(new Response(null, { status: 500 }), true, 0)
    throw error
  } finally {
    request.signal.removeEventListener('abort', leave)
  }
}

/** Settles once, whatever comes first. */
function settler(gateway: Gateway<WebView>, decision: Decision) {
  const responses = familyOf(gateway)?.responses
  let settled = false
  responses?.opened()
  return ({ status, headers }: Response, finished: boolean, bytesWritten: number): void => {
    if (settled) return
    settled = true
    gateway.settle(decision, { status, finished, bytesWritten, header: (name) => headers.get(name) ?? undefined })
    responses?.closed()
  }
}

/** Fields that the handler has set stay. */
function withHeaders(response: Response, headers: Readonly<Record<string, string>>): Response {
  const missing = Object.entries(headers).filter(([name]) => !response.headers.has(name))
  if (missing.length === 0) return response
  // The fields of a response of `fetch` cannot be changed.
  const changed = new Response(response.body, response)
  for (const [name, value] of missing) changed.headers.set(name, value)
  return changed
}

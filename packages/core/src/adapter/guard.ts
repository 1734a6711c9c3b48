/**
 * What every adapter does with a request: it asks the gateway until one place has allowed the request. It follows the
 * response of an allowed request, and neither serves nor answers a client that has gone. How a framework goes on or
 * answers is the adapter's.
 */
import type { ServerResponse } from 'node:http'
import type { Allowed, Decision, Denied } from '../decision/decision.ts'
import { isPromise } from '../primitives/maybe-promise.ts'
import type { ResponseView } from '../request/request-view.ts'
import { familyOf, type GatewayFamily } from './gateway-brand.ts'
import type { NodeRequestView } from './node-request-view.ts'
import { followEnd, followResponse, isClientGone, responseView } from './node-response.ts'
import { noteAllowed, wasAllowed } from './seen-requests.ts'
import { countWrittenBytes } from './written-bytes.ts'

/** A view of a request that has a response, unlike one of an 'upgrade' listener. */
export type GuardedView = NodeRequestView<ServerResponse>

/** What the guard needs of a gateway. */
export interface GuardingGateway<View> {
  evaluate(view: View): Decision | Promise<Decision>
  settle(decision: Decision, response: ResponseView): void
}

/** What a framework does with each outcome. `next` is what the framework gave the adapter to go on with. */
export interface GuardOutcomes<View, Next> {
  /** The request goes on; the gateway says nothing about it. */
  pass(view: View, next: Next): unknown
  /** The request goes on with the decision that allowed it. */
  allow(view: View, next: Next, allowed: Allowed): unknown
  /** The denial is answered or handed on. */
  deny(view: View, next: Next, denied: Denied): unknown
  /** The client has gone, or the response was ended meanwhile: no handler runs and nothing is answered. */
  leave(view: View, next: Next): unknown
  /** A callback of the user's failed. */
  fail(view: View, next: Next, error: unknown): unknown
  /** Reads a field of the answer, where the framework keeps fields beside the response. Default: the response's own. */
  header?(view: View, name: string): number | string | string[] | undefined
}

/** Guards one request. @returns what the outcome returned; a promise of it when the decision had to be waited for. */
export function guard<View extends GuardedView, Next>(
  gateway: GuardingGateway<NoInfer<View>>,
  view: View,
  next: Next,
  outcomes: GuardOutcomes<View, Next>,
): unknown {
  if (wasAllowed(view.raw, gateway)) return outcomes.pass(view, next)
  const decision = gateway.evaluate(view)
  if (!isPromise(decision)) return conclude(gateway, view, next, outcomes, decision)
  return concludeLater(gateway, view, next, outcomes, decision)
}

function concludeLater<View extends GuardedView, Next>(
  gateway: GuardingGateway<NoInfer<View>>,
  view: View,
  next: Next,
  outcomes: GuardOutcomes<View, Next>,
  decision: Promise<Decision>,
): unknown {
  // A gateway that is being closed waits for this request too: its handler may still add usage.
  const responses = familyOf(gateway)?.responses
  responses?.opened()
  return decision.then(
    (late) => {
      try {
        return conclude(gateway, view, next, outcomes, late)
      } finally {
        responses?.closed()
      }
    },
    (error) => {
      responses?.closed()
      return view.response.writableEnded ? outcomes.leave(view, next) : outcomes.fail(view, next, error)
    },
  )
}

function conclude<View extends GuardedView, Next>(
  gateway: GuardingGateway<NoInfer<View>>,
  view: View,
  next: Next,
  outcomes: GuardOutcomes<View, Next>,
  decision: Decision,
): unknown {
  const { raw, response } = view
  if (decision.outcome === 'skip') return outcomes.pass(view, next)
  if (decision.outcome === 'deny') {
    const over = response.writableEnded || decision.code === 'client_closed_request' || isClientGone(raw, response)
    return over ? outcomes.leave(view, next) : outcomes.deny(view, next, decision)
  }
  const open = follow(gateway, view, outcomes, decision)
  // An answer that was ended meanwhile, by a time limit for example, gets nothing more.
  if (!open || response.writableEnded) return outcomes.leave(view, next)
  noteAllowed(raw, gateway)
  return outcomes.allow(view, next, decision)
}

/** Hears the end of the response, as far as something depends on it. @returns whether the response was still open. */
function follow<View extends GuardedView, Next>(
  gateway: GuardingGateway<NoInfer<View>>,
  view: View,
  outcomes: GuardOutcomes<View, Next>,
  decision: Allowed,
): boolean {
  const family = familyOf(gateway)
  // A gateway of an older copy of the package does not tell what it needs.
  const need = family?.responseNeed?.(decision) ?? 'response'
  return need === 'end'
    ? followCounted(family as GatewayFamily, view, decision)
    : followSettled(gateway, view, outcomes, decision, need)
}

function followCounted(family: GatewayFamily, { raw, response }: GuardedView, decision: Allowed): boolean {
  family.responses.opened()
  return followEnd(raw, response, (finished) => {
    family.ended(decision, finished)
    family.responses.closed()
  })
}

function followSettled<View extends GuardedView, Next>(
  gateway: GuardingGateway<NoInfer<View>>,
  view: View,
  outcomes: GuardOutcomes<View, Next>,
  decision: Allowed,
  need: 'response' | 'usage',
): boolean {
  const { raw, response } = view
  const responses = familyOf(gateway)?.responses
  const header = outcomes.header === undefined ? undefined : (name: string) => outcomes.header!(view, name)
  const bytesWritten = need === 'usage' ? countWrittenBytes(raw, response) : undefined
  const settle = (finished = false) => gateway.settle(decision, responseView(response, finished, header, bytesWritten))
  const pending = need === 'usage' ? settle : undefined
  responses?.opened(pending)
  return followResponse(raw, response, (finished) => {
    settle(finished)
    responses?.closed(pending)
  })
}

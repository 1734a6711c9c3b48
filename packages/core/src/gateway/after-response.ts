/** Settles decisions after the response, including usage that is known only then. */

import type { ResponseNeed } from '../adapter/gateway-brand.ts'
import { settleResponse } from '../authorization/settle-response.ts'
import type { ThreeScaleClient } from '../client/client.ts'
import type { ResolvedRoute } from '../configuration/options/resolved-options.ts'
import { AllowedDecision } from '../decision/allowed-decision.ts'
import type { Decision } from '../decision/decision.ts'
import { createEndings, type Ending, LEFT } from '../decision/ending.ts'
import { createUsageShape, type Usage, type UsageShape } from '../domain/usage.ts'
import type { Observer } from '../observe/observer.ts'
import { captureContext, type InContext } from '../primitives/async-context.ts'
import type { Clock } from '../primitives/clock.ts'
import { maskSecrets } from '../primitives/mask-secrets.ts'
import { isPromise } from '../primitives/maybe-promise.ts'
import { publicReason } from '../rejection/public-reason.ts'
import type { RequestView, ResponseView } from '../request/request-view.ts'

type UsageAfter<View extends RequestView> = NonNullable<ResolvedRoute<View>['usageAfter']>

/** What is needed to ask what a response used. */
export interface Expectation<View extends RequestView> {
  readonly view: View
  readonly usageAfter: UsageAfter<View>
  /** Knows our own credentials. */
  readonly client: Pick<ThreeScaleClient, 'withoutSecrets'>
  /** The caller's. */
  readonly secrets: readonly string[]
}

export interface AfterResponse<View extends RequestView> {
  /** Stores what `settle` needs for a decision whose usage is known only after the response. */
  expect(allowed: AllowedDecision, expectation: Expectation<View>): void
  /** What has to be known of the response to a request. */
  needOf(decision: Decision): ResponseNeed
  /** Notes the end of a response of which nothing else is needed. Never throws. */
  ended(decision: Decision, finished: boolean): void
  /** Settles an allowed decision once; later calls do nothing, as does any other decision; never throws. */
  settle(decision: Decision, response: ResponseView): void
  /** Resolves after every running `usageAfter` has ended. */
  idle(): Promise<void>
  /** Counts what was predicted where `usageAfter` still runs; what it says later is too late. */
  giveUp(): void
  /** Ends the timer. */
  stop(): void
}

export function createAfterResponse<View extends RequestView>(observer: Observer, clock: Clock): AfterResponse<View> {
  const endings = createEndings(clock)
  const expected = new WeakMap<Decision, (Expectation<View> & { readonly inContext: InContext }) | 'settled'>()
  /** Each running `usageAfter`, and how to go on without it. */
  const underWay = new Map<Promise<void>, () => void>()
  /** False until `usageAfter` is first used, so that other gateways save the lookup. */
  let expecting = false

  /** A failing callback must not lose usage: the predicted usage is counted, and the operator is warned. */
  function predictedShape(
    allowed: AllowedDecision,
    { client, secrets }: Expectation<View>,
    error: unknown,
  ): UsageShape {
    const { name, message } = error instanceof Error ? error : { name: typeof error, message: String(error) }
    const said = publicReason(maskSecrets(client.withoutSecrets(message), secrets))
    const sentence = `usageAfter failed (${name}: ${said}); the usage that was predicted is counted`
    observer.warn('THREESCALE_USAGE_AFTER', sentence, { error: name })
    return AllowedDecision.partsOf(allowed).shape
  }

  function settleWith(
    allowed: AllowedDecision,
    response: ResponseView,
    ending: Ending,
    expectation: Expectation<View>,
    usage: Usage | undefined,
  ): void {
    let shape: UsageShape
    try {
      shape = createUsageShape(usage ?? {})
    } catch (error) {
      shape = predictedShape(allowed, expectation, error)
    }
    settleResponse(allowed, response, shape, ending)
  }

  return {
    expect(allowed, expectation) {
      expecting = true
      // The response ends in the context of its connection, but the callback belongs to the request.
      expected.set(allowed, { ...expectation, inContext: captureContext() })
    },
    needOf(decision) {
      if (expecting && expected.has(decision)) return 'usage'
      return decision instanceof AllowedDecision && AllowedDecision.isCounted(decision) ? 'end' : 'response'
    },
    ended(decision, finished) {
      if (decision instanceof AllowedDecision) AllowedDecision.end(decision, finished ? endings.now : LEFT)
    },
    settle(allowed, response) {
      if (!(allowed instanceof AllowedDecision)) return
      const ending = response.finished ? endings.now : LEFT
      const expectation = expecting ? expected.get(allowed) : undefined
      if (expectation === 'settled') return
      if (expectation === undefined) return settleResponse(allowed, response, undefined, ending)
      expected.set(allowed, 'settled')
      const fail = (error: unknown) =>
        settleResponse(allowed, response, predictedShape(allowed, expectation, error), ending)
      try {
        const usage = expectation.inContext(() => expectation.usageAfter(expectation.view, response))
        if (!isPromise(usage)) return settleWith(allowed, response, ending, expectation, usage)
        const task = Promise.resolve(usage).then(
          (late) => {
            if (underWay.delete(task)) settleWith(allowed, response, ending, expectation, late)
          },
          (error) => {
            if (underWay.delete(task)) fail(error)
          },
        )
        underWay.set(task, () => fail(new Error('it had not ended when the gateway closed')))
      } catch (error) {
        fail(error)
      }
    },
    async idle() {
      while (underWay.size > 0) await Promise.all(underWay.keys())
    },
    giveUp() {
      for (const [task, goOnWithout] of underWay) {
        underWay.delete(task)
        goOnWithout()
      }
    },
    stop: endings.stop,
  }
}

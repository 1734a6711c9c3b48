/** Settles decisions after the response, including usage that is known only then. */

import { settleResponse } from '../authorization/settle-response.ts'
import type { ResolvedRoute } from '../configuration/options/resolved-options.ts'
import { AllowedDecision } from '../decision/allowed-decision.ts'
import { createUsageShape, type Usage, type UsageShape } from '../domain/usage.ts'
import type { Observer } from '../observe/observer.ts'
import { isPromise } from '../primitives/maybe-promise.ts'
import type { RequestView, ResponseView } from '../request/request-view.ts'

type UsageAfter<View extends RequestView> = NonNullable<ResolvedRoute<View>['usageAfter']>

export interface AfterResponse<View extends RequestView> {
  /** Stores what `settle` needs for a decision whose usage is known only after the response. */
  expect(allowed: AllowedDecision, view: View, usageAfter: UsageAfter<View>): void
  /** Settles a decision once; later calls do nothing; never throws. */
  settle(allowed: AllowedDecision, response: ResponseView): void
  /** Resolves after every running `usageAfter` has ended. */
  idle(): Promise<void>
}

export function createAfterResponse<View extends RequestView>(observer: Observer): AfterResponse<View> {
  const expected = new WeakMap<AllowedDecision, { view: View; usageAfter: UsageAfter<View> } | 'settled'>()
  const underWay = new Set<Promise<void>>()
  /** False until `usageAfter` is first used, so that other gateways save the lookup. */
  let expecting = false

  /** A failing callback must not lose usage: the predicted usage is counted, and the operator is warned. */
  function predictedShape(allowed: AllowedDecision, error: unknown): UsageShape {
    observer.warn('THREESCALE_USAGE_AFTER', 'usageAfter failed: what was predicted is counted', {
      error: error instanceof Error ? error.name : typeof error,
    })
    return AllowedDecision.partsOf(allowed).shape
  }

  function settleWith(allowed: AllowedDecision, response: ResponseView, usage: Usage | undefined): void {
    let shape: UsageShape
    try {
      shape = createUsageShape(usage ?? {})
    } catch (error) {
      shape = predictedShape(allowed, error)
    }
    settleResponse(allowed, response, shape)
  }

  return {
    expect(allowed, view, usageAfter) {
      expecting = true
      expected.set(allowed, { view, usageAfter })
    },
    settle(allowed, response) {
      const expectation = expecting ? expected.get(allowed) : undefined
      if (expectation === 'settled') return
      if (expectation === undefined) return settleResponse(allowed, response, undefined)
      expected.set(allowed, 'settled')
      try {
        const usage = expectation.usageAfter(expectation.view, response)
        if (!isPromise(usage)) return settleWith(allowed, response, usage)
        const task = Promise.resolve(usage)
          .then(
            (late) => settleWith(allowed, response, late),
            (error: unknown) => settleResponse(allowed, response, predictedShape(allowed, error)),
          )
          .finally(() => void underWay.delete(task))
        underWay.add(task)
      } catch (error) {
        settleResponse(allowed, response, predictedShape(allowed, error))
      }
    },
    async idle() {
      await Promise.all(underWay)
    },
  }
}

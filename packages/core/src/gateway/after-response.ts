/** What happens once a response has ended: the usage known only then is worked out and booked. */

import { settleResponse } from '../authorization/settle-response.ts'
import type { ResolvedRoute } from '../configuration/options/resolved-options.ts'
import { AllowedDecision } from '../decision/allowed-decision.ts'
import { createUsageShape, type Usage, type UsageShape } from '../domain/usage.ts'
import type { Observer } from '../observe/observer.ts'
import { isPromise } from '../primitives/maybe-promise.ts'
import type { RequestView, ResponseView } from '../request/request-view.ts'

type UsageAfter<View extends RequestView> = NonNullable<ResolvedRoute<View>['usageAfter']>

export interface AfterResponse<View extends RequestView> {
  /** Keeps what `settle` will need for a decision whose usage is known only after the response. */
  expect(allowed: AllowedDecision, view: View, usageAfter: UsageAfter<View>): void
  /** Books a decision once; later calls do nothing; never throws. */
  settle(allowed: AllowedDecision, response: ResponseView): void
  /** Resolves when every `usageAfter` under way has answered. */
  idle(): Promise<void>
}

export function createAfterResponse<View extends RequestView>(observer: Observer): AfterResponse<View> {
  const expected = new WeakMap<AllowedDecision, { view: View; usageAfter: UsageAfter<View> } | 'settled'>()
  const underWay = new Set<Promise<void>>()
  /** Most gateways never expect anything, and need not look. */
  let expecting = false

  /** A broken callback must not lose usage: what was predicted is counted instead, and the operator is told. */
  function predicted(allowed: AllowedDecision, error: unknown): UsageShape {
    observer.warn('THREESCALE_USAGE_AFTER', 'usageAfter failed: what was predicted is counted', {
      error: error instanceof Error ? error.name : typeof error,
    })
    return AllowedDecision.partsOf(allowed).shape
  }

  function book(allowed: AllowedDecision, response: ResponseView, usage: Usage | undefined): void {
    let shape: UsageShape
    try {
      shape = createUsageShape(usage ?? {})
    } catch (error) {
      shape = predicted(allowed, error)
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
        if (!isPromise(usage)) return book(allowed, response, usage)
        const task = Promise.resolve(usage)
          .then(
            (late) => book(allowed, response, late),
            (error: unknown) => settleResponse(allowed, response, predicted(allowed, error)),
          )
          .finally(() => void underWay.delete(task))
        underWay.add(task)
      } catch (error) {
        settleResponse(allowed, response, predicted(allowed, error))
      }
    },
    async idle() {
      await Promise.all(underWay)
    },
  }
}

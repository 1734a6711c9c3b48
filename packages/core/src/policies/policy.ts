/** The policies of a service, which decide about a request before 3scale is asked. */
import type { Claims, Judgement } from '../credentials/oidc/token-settings.ts'
import type { Refusal } from '../decision/refusal.ts'
import type { Credentials } from '../domain/credentials.ts'
import { isPromise, type MaybePromise } from '../primitives/maybe-promise.ts'
import type { RequestView } from '../request/request-view.ts'

/** One policy. What cannot be decided is a refusal. */
export interface Policy {
  /**
   * What it finds in the claims of a token, whatever the request; kept with the token. Absent if it looks at none. If it
   * rejects, the token is refused.
   */
  judge?(claims: Claims): Promise<Judgement>
  /**
   * Undefined lets the request go on. Never throws and never rejects.
   *
   * @param judgement undefined if the caller sent no token.
   */
  check(view: RequestView, judgement: Judgement | undefined): MaybePromise<Refusal | undefined>
}

/** All policies of a service. */
export interface PolicyChain {
  /** The first refusal counts, in the order of the chain. Never throws and never rejects. */
  check(view: RequestView, caller: Credentials): MaybePromise<Refusal | undefined>
}

/** By policy: what they find in the claims of a token. */
export type Judgements = readonly (Judgement | undefined)[]

/** What all policies find in the claims of a token; undefined if none looks at them. */
export function judgeBy(policies: readonly Policy[]): ((claims: Claims) => Promise<Judgements>) | undefined {
  if (policies.every(({ judge }) => judge === undefined)) return undefined
  return (claims) => Promise.all(policies.map((policy) => policy.judge?.(claims)))
}

/**
 * Undefined without policies, so that a request pays for none.
 *
 * @param judgementsOf what `judgeBy` found in the token of a caller; undefined if the caller sent none.
 */
export function createPolicyChain(
  policies: readonly Policy[],
  judgementsOf: ((caller: Credentials) => Judgements | undefined) | undefined,
): PolicyChain | undefined {
  if (policies.length === 0) return undefined

  function checkFrom(
    from: number,
    view: RequestView,
    judgements: Judgements | undefined,
  ): MaybePromise<Refusal | undefined> {
    for (let at = from; at < policies.length; at++) {
      const refusal = policies[at]!.check(view, judgements?.[at])
      if (isPromise(refusal)) return refusal.then((later) => later ?? checkFrom(at + 1, view, judgements))
      if (refusal !== undefined) return refusal
    }
    return undefined
  }

  return { check: (view, caller) => checkFrom(0, view, judgementsOf?.(caller)) }
}

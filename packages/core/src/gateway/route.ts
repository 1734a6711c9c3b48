/** The pipeline of one route: who calls, what it uses, may they, and what is answered. */

import type { ResolvedRoute } from '../configuration/options/resolved-options.ts'
import type { FoundCaller } from '../credentials/credentials-reader.ts'
import type { UnreadableCredentials } from '../credentials/unreadable.ts'
import type { AllowedDecision } from '../decision/allowed-decision.ts'
import type { Decision, Denied, Skipped } from '../decision/decision.ts'
import type { Refusal } from '../decision/refusal.ts'
import type { RoutePolicy } from '../decision/route-policy.ts'
import { type Credentials, secretsOf } from '../domain/credentials.ts'
import type { UsageShape } from '../domain/usage.ts'
import type { MeasuredUsage } from '../mapping/measured-usage.ts'
import { UsageError } from '../mapping/usage-error.ts'
import type { UsageReader } from '../mapping/usage-reader.ts'
import { isPromise, type MaybePromise } from '../primitives/maybe-promise.ts'
import type { RequestView } from '../request/request-view.ts'
import { beforeAsking, type Preparation } from './before-asking.ts'
import type { ConfiguredService } from './configured-service.ts'
import { CLOSED, CREDENTIALS_MISSING, MISCONFIGURED, NO_MAPPING_RULE, PATH_AMBIGUOUS } from './fixed-refusals.ts'
import type { GatewayRuntime } from './gateway-runtime.ts'
import { policyOfRoute } from './policy-of-route.ts'

const SKIPPED: Skipped = Object.freeze({ outcome: 'skip' })

/** A service's way of denying, or that of requests that belong to none. */
type Refusing = Pick<ConfiguredService<RequestView>, 'rejection'> & {
  readonly service?: { readonly id: string | undefined }
}

/**
 * Steps return plain values as long as nothing has to be waited for. Steps that wait are methods of their own, because a
 * function with a closure allocates for it even when it never makes one.
 */
export class Route<View extends RequestView> {
  readonly #runtime: GatewayRuntime<View>
  readonly #settings: ResolvedRoute<View>
  readonly policy: RoutePolicy
  /** Undefined where the rules of each service say what a call uses. */
  readonly #usage: UsageReader<View> | undefined

  constructor(runtime: GatewayRuntime<View>, settings: ResolvedRoute<View>, usage: UsageReader<View> | undefined) {
    this.#runtime = runtime
    this.#settings = settings
    this.#usage = usage
    this.policy = policyOfRoute(runtime.options, settings)
  }

  evaluate(view: View): Decision | Promise<Decision> {
    // Only a user's callback throws here. It rejects, so that adapters need to look at one way of failing only.
    const fail = this.#runtime.options.mode === 'observe' ? this.#pass : rejection
    try {
      const decision = this.#admit(view)
      return isPromise(decision) && fail === this.#pass ? decision.catch(fail) : decision
    } catch (error) {
      return fail(error)
    }
  }

  /** Observing denies no request: what a callback throws is told, and the request passes. */
  readonly #pass = (error: unknown): Skipped => {
    const facts = { error: error instanceof Error ? error.name : typeof error }
    this.#runtime.observer.warn('THREESCALE_CALLBACK', 'a callback of the gateway failed; the request passes', facts)
    return this.#skip()
  }

  #admit(view: View): Decision | Promise<Decision> {
    if (!this.#runtime.active && !this.#runtime.start()) return this.#refuse(this.#runtime.fallback, CLOSED)
    const { skip } = this.#settings
    if (skip === undefined) return this.#identify(view)
    const skips = skip(view)
    if (isPromise(skips)) return this.#skipLater(view, skips)
    return skips ? this.#skip() : this.#identify(view)
  }

  async #skipLater(view: View, skips: Promise<boolean>): Promise<Decision> {
    return (await skips) ? this.#skip() : this.#identify(view)
  }

  #identify(view: View): Decision | Promise<Decision> {
    const configured = this.#runtime.served.choose(view)
    if ('outcome' in configured) return this.#refuse(this.#runtime.fallback, configured)
    const caller = configured.credentials.read(view)
    return isPromise(caller) ? this.#measureLater(view, configured, caller) : this.#measure(view, configured, caller)
  }

  async #measureLater(
    view: View,
    configured: ConfiguredService<View>,
    caller: Promise<FoundCaller>,
  ): Promise<Decision> {
    return this.#measure(view, configured, await caller)
  }

  #measure(view: View, configured: ConfiguredService<View>, caller: FoundCaller): Decision | Promise<Decision> {
    if (caller === undefined) return this.#deny(view, configured, CREDENTIALS_MISSING)
    if ('malformed' in caller) return this.#unreadable(view, configured, caller)
    let measured: MaybePromise<MeasuredUsage>
    try {
      measured = (this.#usage ?? configured.usage).read(view)
    } catch (error) {
      return this.#unusable(view, configured, caller, error)
    }
    return isPromise(measured)
      ? this.#referLater(view, configured, caller, measured)
      : this.#refer(view, configured, caller, measured)
  }

  async #referLater(
    view: View,
    configured: ConfiguredService<View>,
    caller: Credentials,
    measured: Promise<MeasuredUsage>,
  ): Promise<Decision> {
    let result: MeasuredUsage
    try {
      result = await measured
    } catch (error) {
      return this.#unusable(view, configured, caller, error)
    }
    return this.#refer(view, configured, caller, result)
  }

  #refer(
    view: View,
    configured: ConfiguredService<View>,
    caller: Credentials,
    measured: MeasuredUsage,
  ): Decision | Promise<Decision> {
    if (measured === 'no-match') return this.#deny(view, configured, NO_MAPPING_RULE, caller)
    if (measured === 'ambiguous') return this.#deny(view, configured, PATH_AMBIGUOUS, caller)
    const referrer = beforeAsking(view, caller, configured, this.#runtime.options.referrer)
    return isPromise(referrer)
      ? this.#askLater(view, configured, caller, measured, referrer)
      : this.#ask(view, configured, caller, measured, referrer)
  }

  async #askLater(
    view: View,
    configured: ConfiguredService<View>,
    caller: Credentials,
    measured: UsageShape,
    referrer: Promise<Preparation>,
  ): Promise<Decision> {
    return this.#ask(view, configured, caller, measured, await referrer)
  }

  #ask(
    view: View,
    configured: ConfiguredService<View>,
    credentials: Credentials,
    usage: UsageShape,
    referrer: Preparation,
  ): Decision | Promise<Decision> {
    if (typeof referrer === 'object') {
      if ('outcome' in referrer) return this.#deny(view, configured, referrer, credentials)
      return this.#unreadable(view, configured, referrer)
    }
    const { authorizer } = configured.service
    const { policy } = this
    const answer =
      authorizer.recall(credentials, usage, referrer, policy) ??
      authorizer.decide({ credentials, usage, referrer, policy, view })
    return isPromise(answer)
      ? this.#concludeLater(view, configured, credentials, referrer, answer)
      : this.#conclude(view, configured, credentials, referrer, answer)
  }

  async #concludeLater(
    view: View,
    configured: ConfiguredService<View>,
    credentials: Credentials,
    referrer: string | undefined,
    answer: Promise<AllowedDecision | Refusal>,
  ): Promise<Decision> {
    return this.#conclude(view, configured, credentials, referrer, await answer)
  }

  #conclude(
    view: View,
    configured: ConfiguredService<View>,
    credentials: Credentials,
    referrer: string | undefined,
    answer: AllowedDecision | Refusal,
  ): Decision {
    if (answer.outcome !== 'allow') {
      return this.#deny(view, configured, { ...answer, secrets: secretsOf(credentials, referrer) }, credentials)
    }
    const { observer, afterResponse } = this.#runtime
    this.#strip(view, configured)
    observer.decided(answer, configured.service.id, credentials)
    const { usageAfter } = this.#settings
    if (usageAfter !== undefined) {
      const { client } = configured.service
      afterResponse.expect(answer, { view, usageAfter, client, secrets: secretsOf(credentials, referrer) })
    }
    return answer
  }

  #strip(view: View, configured: ConfiguredService<View>): void {
    if (this.#runtime.options.stripCredentials) configured.credentials.strip(view)
  }

  #skip(): Skipped {
    this.#runtime.observer.decided(SKIPPED, undefined, undefined)
    return SKIPPED
  }

  #unreadable(
    view: View,
    configured: ConfiguredService<View>,
    { malformed, code, fault }: UnreadableCredentials,
  ): Denied | Skipped {
    const refusal: Refusal = { outcome: 'refuse', code: code ?? 'credentials_malformed', reason: malformed, fault }
    return this.#deny(view, configured, refusal)
  }

  /** A usage that is none is our own mistake; whatever else a callback throws is the framework's to handle. */
  #unusable(
    view: View,
    configured: ConfiguredService<View>,
    credentials: Credentials,
    error: unknown,
  ): Denied | Skipped {
    if (!(error instanceof UsageError)) throw error
    this.#runtime.observer.warn('usage_invalid', error.message)
    return this.#deny(view, configured, MISCONFIGURED, credentials)
  }

  /** Denies for a service. A request that passes all the same, when observing, reaches handlers without its credentials. */
  #deny(
    view: View,
    configured: ConfiguredService<View>,
    refusal: Refusal,
    credentials?: Credentials,
  ): Denied | Skipped {
    const decision = this.#refuse(configured, refusal, credentials)
    if (decision.outcome === 'skip') this.#strip(view, configured)
    return decision
  }

  /** Observing denies no request: the decision is told, the request passes. */
  #refuse(configured: Refusing, refusal: Refusal, credentials?: Credentials): Denied | Skipped {
    const { observer, options } = this.#runtime
    const denied = configured.rejection.deny(refusal)
    observer.decided(denied, configured.service?.id, credentials, refusal.fault)
    return options.mode === 'observe' ? SKIPPED : denied
  }
}

const rejection = (error: unknown): Promise<never> => Promise.reject(error)

/** The decision that admits a request: one small object, because the hot path creates one per request. */
import { inspect } from 'node:util'
import { type LimitCount, usageReportOf } from '../domain/limit-count.ts'
import { createUsageShape, type Usage, type UsageShape, usageProblem } from '../domain/usage.ts'
import type { UsageReport } from '../domain/verdict.ts'
import { ArgumentError } from '../errors.ts'
import type { Allowed, AllowedSource } from './decision.ts'
import type { Ending } from './ending.ts'
import type { ProtectedService } from './protected-service.ts'
import type { RoutePolicy } from './route-policy.ts'

const NO_HEADERS: Readonly<Record<string, string>> = Object.freeze({})

/** The application behind an admitted request. Its decisions share one object as long as nothing in it changes. */
export interface Admission {
  readonly service: ProtectedService
  /** Undefined where 3scale does not tell it. */
  readonly applicationId: string | undefined
  readonly plan: string | undefined
  /** The application's limits as last known; called when a decision's `limits` or `headers` are read. */
  limits(): readonly LimitCount[]
  /** Counts usage that a handler adds at once. @param ending undefined: the response has not ended. */
  add(usage: UsageShape, ending: Ending | undefined): void
}

/** Created by `authorization/` and handed to the user unchanged. */
export class AllowedDecision implements Allowed {
  readonly outcome = 'allow'
  readonly source: AllowedSource
  readonly #shape: UsageShape
  readonly #admission: Admission
  readonly #policy: RoutePolicy
  /** Undefined until the response has ended. */
  #ending: Ending | undefined = undefined

  constructor(source: AllowedSource, shape: UsageShape, admission: Admission, policy: RoutePolicy) {
    this.source = source
    this.#shape = shape
    this.#admission = admission
    this.#policy = policy
  }

  get service(): string {
    return this.#admission.service.id ?? ''
  }

  get application(): { readonly id: string | undefined } {
    return { id: this.#admission.applicationId }
  }

  get plan(): string | undefined {
    return this.#admission.plan
  }

  get usage(): Usage {
    return this.#shape.usage
  }

  get limits(): readonly UsageReport[] {
    return this.#admission.limits().map(usageReportOf)
  }

  get headers(): Readonly<Record<string, string>> {
    const { limitHeaders } = this.#admission.service
    return limitHeaders === undefined ? NO_HEADERS : limitHeaders(this.#admission.limits())
  }

  addUsage(usage: Usage): void {
    const problem = usageProblem(usage)
    if (problem !== undefined) throw new ArgumentError([`addUsage: ${problem}`])
    if (this.#policy.counts !== 'never') this.#admission.add(createUsageShape(usage), this.#ending)
  }

  toJSON(): object {
    const { outcome, source, service, application, plan, usage, limits } = this
    return { outcome, source, service, application, plan, usage, limits }
  }

  // A computed method name would need an inferred type, which isolated declarations refuse.
  static {
    Object.defineProperty(AllowedDecision.prototype, inspect.custom, { value: AllowedDecision.prototype.toJSON })
  }

  /** What the authorizer stored in a decision when it created it. */
  static partsOf(allowed: AllowedDecision): { shape: UsageShape; admission: Admission; policy: RoutePolicy } {
    return { shape: allowed.#shape, admission: allowed.#admission, policy: allowed.#policy }
  }

  /** Whether everything is counted before the response: the route neither reports its status nor what it used. */
  static isCounted(allowed: AllowedDecision): boolean {
    return allowed.#policy.counts === 'now'
  }

  /** Notes the end of the response. @returns false when it had ended before. */
  static end(allowed: AllowedDecision, ending: Ending): boolean {
    if (allowed.#ending !== undefined) return false
    allowed.#ending = ending
    return true
  }
}

/** The gateway as its users see it: a request goes in, a decision comes out. */

import { GATEWAY_BRAND } from '../adapter/gateway-brand.ts'
import type { RouteOptions } from '../configuration/options/gateway-options.ts'
import type { ShownOptions } from '../configuration/options/redact.ts'
import type { Decision } from '../decision/decision.ts'
import type { Credentials } from '../domain/credentials.ts'
import type { CloseReport, GatewayStats } from '../observe/stats.ts'
import type { RequestView, ResponseView } from '../request/request-view.ts'
import type { Explanation } from './explanation.ts'

export interface Gateway<View extends RequestView = RequestView> {
  /** A plain value when the answer is known locally. Rejects only when a callback of the user's throws; never throws. */
  evaluate(view: View): Decision | Promise<Decision>
  /** What would happen and why: service, credentials found where (masked), each rule, usage, the call. No side effects. */
  explain(view: View): Promise<Explanation>
  /** Once per allowed decision, at the end of its response; later calls do nothing; never throws. */
  settle(decision: Decision, response: ResponseView): void
  /**
   * Same client, cache, ledger and reporter; other route settings. A request that meets both counts once, at the first
   * it meets.
   */
  with(route: RouteOptions<View>): Gateway<View>
  /**
   * Asks the backend whether our own credentials and metric names are accepted. Never counts. Metric names can be
   * asked about only for an application: one given here, or the anonymous one.
   */
  check(options?: { readonly credentials?: Credentials | undefined }): Promise<CheckResult>
  /** Counters, among them the sums of law 8 per metric. */
  stats(): GatewayStats
  /** Frozen, secrets shown as `***`. */
  readonly options: ShownOptions
  /** Stops taking requests, flushes, says what could not be delivered. */
  close(options?: { readonly timeoutMs?: number | undefined }): Promise<CloseReport>
  [Symbol.asyncDispose](): Promise<void>
}

export type CheckResult =
  | { readonly ok: true; readonly metrics: 'accepted' | 'unchecked' }
  | {
      readonly ok: false
      /** 3scale's code, or that of the failure. */
      readonly code: string
      /** What to do, in one sentence. */
      readonly hint: string
    }

/** Whether a value is a gateway, of this copy of the package or another. */
export function isGateway<View extends RequestView = RequestView>(value: unknown): value is Gateway<View> {
  return typeof value === 'object' && value !== null && GATEWAY_BRAND in value
}

/** The gateway as its users see it: a request goes in, a decision comes out. */
import type { Decision } from '../decision.ts'
import type { CloseReport, GatewayStats } from '../observe/stats.ts'
import type { RouteOptions } from '../options/gateway-options.ts'
import type { ShownOptions } from '../options/redact.ts'
import type { RequestView, ResponseView } from '../request-view.ts'
import type { Explanation } from './explanation.ts'

export interface Gateway<View extends RequestView = RequestView> {
  /** A plain value when the answer is known locally. Rejects (or throws) only when a callback of the user's does. */
  evaluate(view: View): Decision | Promise<Decision>
  /** What would happen and why: service, credentials found where (masked), each rule, usage, the call. No side effects. */
  explain(view: View): Promise<Explanation>
  /** Once per allowed decision, at the end of its response; later calls do nothing; never throws. */
  settle(decision: Decision, response: ResponseView): void
  /** Same client, cache, ledger and reporter; other route settings. */
  with(route: RouteOptions<View>): Gateway<View>
  /** Asks the backend whether our own credentials and metric names are accepted. Never counts. */
  check(): Promise<CheckResult>
  /** Counters, among them the sums of law 8 per metric. */
  stats(): GatewayStats
  /** Frozen, secrets shown as `***`. */
  readonly options: ShownOptions
  /** Stops taking requests, flushes, says what could not be delivered. */
  close(options?: { readonly timeoutMs?: number | undefined }): Promise<CloseReport>
  [Symbol.asyncDispose](): Promise<void>
}

export type CheckResult = { readonly ok: true } | { readonly ok: false; readonly code: string; readonly hint: string }

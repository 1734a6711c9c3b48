/** The public interface of a gateway: a request goes in, a decision comes out. */

import { GATEWAY_BRAND } from '../adapter/gateway-brand.ts'
import type { RouteOptions } from '../configuration/options/gateway-options.ts'
import type { ShownOptions } from '../configuration/options/redact.ts'
import type { Decision } from '../decision/decision.ts'
import type { Credentials } from '../domain/credentials.ts'
import type { ServiceChange } from '../observe/messages.ts'
import type { CloseReport, GatewayStats } from '../observe/stats.ts'
import type { RequestView, ResponseView } from '../request/request-view.ts'
import type { Explanation } from './explanation.ts'
import type { WaitLimit } from './wait-limit.ts'

export interface Gateway<View extends RequestView = RequestView> {
  /** Returns a plain value if the answer is known locally. Rejects only if a callback throws; never throws. */
  evaluate(view: View): Decision | Promise<Decision>
  /** Explains what would happen: service, location of the credentials (masked), rules, usage, call. No side effects. */
  explain(view: View): Promise<Explanation>
  /** Call it once per allowed decision, at the end of its response; later calls do nothing. Never throws. */
  settle(decision: Decision, response: ResponseView): void
  /**
   * A gateway with other route options and the same client, cache, ledger and reporter. A request that reaches both
   * counts once, at the first.
   */
  with(route: RouteOptions<View>): Gateway<View>
  /**
   * Asks the backend whether it accepts our own credentials and metric names. Never counts. Metric names can only be
   * checked for an application: one given here, or the anonymous one.
   */
  check(options?: { readonly credentials?: Credentials | undefined }): Promise<CheckResult>
  /**
   * Resolves when there is a configuration; at once where none has to be loaded. Rejects with a LoadError if there is
   * none after `startTimeoutMs`, with a ConfigError if no service of it can be used, with a ClosedError after `close`.
   */
  ready(): Promise<void>
  /**
   * Loads the configuration anew, and resolves with what changed. If that fails it rejects, and what was there stays in
   * use.
   */
  reload(): Promise<ConfigurationChange>
  /** Counters, including the sums of usage per metric. */
  stats(): GatewayStats
  /** The options, frozen; secrets read `***`. */
  readonly options: ShownOptions
  /**
   * Sends what is pending now, and resolves when 3scale has acknowledged it, or after `timeoutMs` (default 5000), with
   * what is left. For processes that are frozen between requests. Rejects with an ArgumentError if a time is wrong.
   */
  flush(options?: WaitLimit): Promise<CloseReport>
  /**
   * Stops accepting requests, waits for the responses that adapters are answering, reports pending usage, and returns
   * what could not be delivered within `timeoutMs` (default 5000). Half of the time is kept for the reports. Rejects
   * with an ArgumentError if a time is wrong, and then has not closed.
   */
  close(options?: WaitLimit): Promise<CloseReport>
  [Symbol.asyncDispose](): Promise<void>
}

/** What a new configuration changed; it never shows contents. */
export interface ConfigurationChange {
  /** Undefined if nothing has to be loaded. */
  readonly source: 'portal' | 'file' | 'last-good-file' | undefined
  /** Empty if nothing changed. */
  readonly services: readonly ServiceChange[]
}

export type CheckResult =
  | {
      readonly ok: true
      readonly metrics: 'accepted' | 'unchecked'
      /** Of identity providers, if callers send access tokens. 'stale': the last fetch failed, older keys are in use. */
      readonly keys?: 'current' | 'stale'
    }
  | {
      readonly ok: false
      /** 3scale's code, or the code of the failure. */
      readonly code: string
      /** What to do, in one sentence. */
      readonly hint: string
    }

/** Whether a value is a gateway, of this copy of the package or another. */
export function isGateway<View extends RequestView = RequestView>(value: unknown): value is Gateway<View> {
  return typeof value === 'object' && value !== null && GATEWAY_BRAND in value
}

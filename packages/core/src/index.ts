/** `@threescale/core`: the 3scale client and the gateway that decides inside the process. */

export type { AuthorizeCall, Transaction } from './client/client.ts'
export type { Credentials } from './client/credentials.ts'
export type { Authorized, LimitHeaders, NotAuthorized, UsageReport, Verdict } from './client/verdict.ts'
export type { Allowed, AllowedSource, Decision, DenialCode, Denied, Skipped } from './decision.ts'
export * from './errors.ts'
export type { Explanation, RuleExplanation } from './gateway/explanation.ts'
export type { CheckResult, Gateway } from './gateway/gateway.ts'
export type { CloseReport, GatewayStats, UsageSums } from './observe/stats.ts'
export type * from './options/gateway-options.ts'
export type { ShownOptions } from './options/redact.ts'
export type { RequestView, ResponseView } from './request-view.ts'
export type { Usage } from './usage.ts'

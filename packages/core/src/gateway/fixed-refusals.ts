/** The refusals of the pipeline that are always the same. */
import type { GatewayDenialCode } from '../decision/decision.ts'
import type { Refusal } from '../decision/refusal.ts'

const refusal = (code: GatewayDenialCode): Refusal => Object.freeze({ outcome: 'refuse', code })

export const CLOSED: Refusal = refusal('gateway_closed')
export const NOT_READY: Refusal = refusal('gateway_not_ready')
export const SERVICE_NOT_FOUND: Refusal = refusal('service_not_found')
export const SERVICE_UNUSABLE: Refusal = refusal('service_unusable')
export const CREDENTIALS_MISSING: Refusal = refusal('credentials_missing')
export const NO_MAPPING_RULE: Refusal = refusal('no_mapping_rule')
export const PATH_AMBIGUOUS: Refusal = refusal('path_ambiguous')
export const MISCONFIGURED: Refusal = refusal('gateway_misconfigured')

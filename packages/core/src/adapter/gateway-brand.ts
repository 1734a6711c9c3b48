/** How gateways are recognised, also those of another copy of the package. */
import type { Decision } from '../decision/decision.ts'
import type { OpenResponses } from './open-responses.ts'

/**
 * - 'end': when it ends; everything is counted already.
 * - 'response': its status, or whatever `settle` reads.
 * - 'usage': what it used, which `usageAfter` tells.
 */
export type ResponseNeed = 'end' | 'response' | 'usage'

/** What a gateway and all that `with` makes of it have in common: the brand's value. */
export interface GatewayFamily {
  /** The gateway that was created; the others are routes of it. */
  readonly root: object
  /** To be called when a route's settings came too late, because the request was counted already. Tells the operator. */
  countedBefore(): void
  /** What `close` waits for. */
  readonly responses: Pick<OpenResponses, 'opened' | 'closed'>
  /** What has to be known of the response to an allowed request. */
  responseNeed(decision: Decision): ResponseNeed
  /** Notes the end of a response of which nothing else is needed, in the place of `settle`. */
  ended(decision: Decision, finished: boolean): void
}

/** Carried by every gateway. */
export const GATEWAY_BRAND: unique symbol = Symbol.for('threescale.gateway') as never

/** The family of a gateway; undefined for anything else. */
export function familyOf(gateway: object): Partial<GatewayFamily> | undefined {
  return (gateway as { readonly [GATEWAY_BRAND]?: Partial<GatewayFamily> })[GATEWAY_BRAND]
}

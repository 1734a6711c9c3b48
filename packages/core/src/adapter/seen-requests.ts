/** Which gateways a request has met, so that one met twice counts once (law 14). */
import { GATEWAY_BRAND } from './gateway-brand.ts'

// Registered, so that two copies of the package know of each other's gateways.
const ASKED: unique symbol = Symbol.for('threescale.asked') as never

/** Notes that `gateway` decides about `request`. False when it has done so before, with settings of any route. */
export function firstAsked(request: object & { [ASKED]?: unknown[] }, gateway: object): boolean {
  const family = (gateway as { readonly [GATEWAY_BRAND]?: unknown })[GATEWAY_BRAND]
  const asked = request[ASKED]
  if (asked === undefined) {
    request[ASKED] = [family]
    return true
  }
  if (asked.includes(family)) return false
  asked.push(family)
  return true
}

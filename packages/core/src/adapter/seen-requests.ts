/** Records which gateways a request has reached, so that it counts once (law 14). */
import { GATEWAY_BRAND } from './gateway-brand.ts'

// `Symbol.for`, so that two copies of the package share the record.
const SEEN_BY: unique symbol = Symbol.for('threescale.asked') as never

/**
 * Records that `gateway` decides about `request`. False if it has done so before, with the options of any route.
 */
export function firstAsked(request: object & { [SEEN_BY]?: unknown[] }, gateway: object): boolean {
  const family = (gateway as { readonly [GATEWAY_BRAND]?: unknown })[GATEWAY_BRAND]
  const families = request[SEEN_BY]
  if (families === undefined) {
    request[SEEN_BY] = [family]
    return true
  }
  if (families.includes(family)) return false
  families.push(family)
  return true
}

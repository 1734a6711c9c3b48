/** Remembers which gateways have allowed a request, so that it counts once (law 14). */
import { familyOf } from './gateway-brand.ts'

// Registered, so that two copies of the package share the record.
const ALLOWED_BY: unique symbol = Symbol.for('threescale.allowed') as never

/** The gateway that allowed the request; an array where several unrelated ones did. */
interface SeenRequest {
  [ALLOWED_BY]?: object | readonly object[]
}

/**
 * Whether a gateway has allowed the request before, with the settings of any route. After a skip, a denial or a failure it
 * has not, so it decides again.
 */
export function wasAllowed(request: object & SeenRequest, gateway: object): boolean {
  const allowedBy = request[ALLOWED_BY]
  if (allowedBy === undefined) return false
  const family = familyOf(gateway)
  const before = [allowedBy].flat().find((one) => one === gateway || (family !== undefined && familyOf(one) === family))
  if (before === undefined) return false
  // A general guard stood in front of a route with a price of its own, which is never counted.
  if (before === family?.root && gateway !== before) family.countedBefore?.()
  return true
}

/** Notes that a gateway has allowed a request. */
export function noteAllowed(request: object & SeenRequest, gateway: object): void {
  const allowedBy = request[ALLOWED_BY]
  request[ALLOWED_BY] = allowedBy === undefined ? gateway : [allowedBy, gateway].flat()
}

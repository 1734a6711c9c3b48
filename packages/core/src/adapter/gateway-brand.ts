/** How gateways are recognised, also those of another copy of the package. */

/** Carried by every gateway. Its value is one object for a gateway and all that `with` makes of it. */
export const GATEWAY_BRAND: unique symbol = Symbol.for('threescale.gateway') as never

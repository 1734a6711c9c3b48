/** Which gateways a request has met, so that one mounted twice counts once. */

// Registered, so that two copies of the package know of each other's gateways.
const ASKED: unique symbol = Symbol.for('threescale.asked')

/** Notes that `gateway` decides about `request`. False when it has done so before. */
export function firstAsked(request: object & { [ASKED]?: object[] }, gateway: object): boolean {
  const asked = request[ASKED]
  if (asked === undefined) {
    request[ASKED] = [gateway]
    return true
  }
  if (asked.includes(gateway)) return false
  asked.push(gateway)
  return true
}

// @ts-check
/** A formula for the backend calls of a fleet of processes that share nothing. */

/**
 * @typedef {object} Fleet
 * @property {number} requestsPerSecond of the whole fleet, spread evenly over processes and callers
 * @property {number} applications
 * @property {number} identities credentials per application that need a call each: user keys
 * @property {number} processes
 * @property {number} ttlSeconds
 * @property {number} intervalSeconds between reports
 */

/** Transactions in one report. */
const MAX_TRANSACTIONS = 1000

/**
 * Calls per second in the steady state.
 *
 * A process asks about an identity at its first request, and again at the first request after `ttl`. So it asks once
 * per ttl plus the mean time to the identity's next request at that process. At each interval it reports one
 * transaction for every application that made requests, and one more if a minute ended meanwhile.
 * Too little for processes that see an application less than once in `settleMs`: they ask about what they reported.
 *
 * @param {Fleet} fleet
 */
export function callsPerSecond(fleet) {
  const { requestsPerSecond, applications, identities, processes, ttlSeconds, intervalSeconds } = fleet
  const perIdentity = requestsPerSecond / (processes * applications * identities)
  const authorize = (processes * applications * identities) / (ttlSeconds + 1 / perIdentity)
  const seen = applications * (1 - Math.exp((-requestsPerSecond * intervalSeconds) / (processes * applications)))
  const report = (processes * Math.max(Math.ceil(seen / MAX_TRANSACTIONS), 1 - Math.exp(-seen))) / intervalSeconds
  return { authorize, report, total: authorize + report }
}

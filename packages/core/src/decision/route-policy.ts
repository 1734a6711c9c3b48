/** What a route wants: its policy for an outage, and when it counts usage. */

/** One object per `with()`, so that policies can be compared by identity. */
export interface RoutePolicy {
  readonly onUnavailable: 'deny' | 'last-known' | 'allow'
  /**
   * When the usage is counted. `now`: at once. `with-response-code`: at the end of the response, together with its
   * status (`responseCodes`). `predicted`: when `usageAfter` tells it, because the usage of the request only predicts.
   * `never`: in `mode: 'observe'`.
   */
  readonly counts: 'now' | 'with-response-code' | 'predicted' | 'never'
  /** Whether to report the status of the response as `log[code]`. */
  readonly responseCodes: boolean
}

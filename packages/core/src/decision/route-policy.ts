/** What a route wants: its policy for an outage, and when it counts usage. */

/** What a route wants; one object per `with()`, so its identity can be compared. */
export interface RoutePolicy {
  readonly onUnavailable: 'deny' | 'last-known' | 'allow'
  /**
   * When the usage is counted: at once; at the end of the response together with its status (`responseCodes`);
   * not before `usageAfter` has said it, because it only predicts; or never (`mode: 'observe'`).
   */
  readonly counts: 'now' | 'with-response-code' | 'predicted' | 'never'
  /** Report the status of the response as `log[code]`. */
  readonly responseCodes: boolean
}

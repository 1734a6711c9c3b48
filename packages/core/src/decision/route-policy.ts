/** Under which terms a request is let in: the service it is for and what its route wants. */
import type { ThreeScaleClient } from '../client/client.ts'
import type { UsageReport } from '../domain/verdict.ts'

/** The service a request was found to be for, and who speaks with the backend about it. */
export interface ProtectedService {
  /** Undefined only with a provider key: the provider's default service. */
  readonly id: string | undefined
  readonly client: ThreeScaleClient
  /** Fields that an allowed answer gets for the application's limits; undefined when none are wanted. */
  readonly limitHeaders: ((limits: readonly UsageReport[]) => Readonly<Record<string, string>>) | undefined
}

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

/** The service that a request is for. */
import type { ThreeScaleClient } from '../client/client.ts'
import type { LimitCount } from '../domain/limit-count.ts'

/** The service, and the client that calls the backend about it. */
export interface ProtectedService {
  /** Undefined only with a provider key: the provider's default service. */
  readonly id: string | undefined
  readonly client: ThreeScaleClient
  /** Header fields that tell an admitted caller its application's limits; undefined when none are wanted. */
  readonly limitHeaders: ((limits: readonly LimitCount[]) => Readonly<Record<string, string>>) | undefined
}

/** Usage that waits for the status of its response needs a name: reports tell applications by their ids. */
import type { Authorized } from '../domain/verdict.ts'
import type { AuthorizationRequest } from './authorizer.ts'
import { applicationOf } from './callers/application-of.ts'

/** Whether a request's usage would wait for its response, although its answer does not tell whose usage it is. */
export function waitsWithoutName({ policy, credentials }: AuthorizationRequest, verdict: Authorized): boolean {
  return policy.counts === 'with-response-code' && applicationOf(verdict, credentials) === undefined
}

/** The same request, to be counted at once by an authrep: better without its status than not at all (law 8). */
export function countedAtOnce(request: AuthorizationRequest): AuthorizationRequest {
  return { ...request, policy: { ...request.policy, counts: 'now' } }
}

/** A service with everything that was made for it. */
import type { Authorizer } from '../authorization/authorizer.ts'
import type { CredentialsReader } from '../credentials/credentials-reader.ts'
import type { IssuerKeys } from '../credentials/oidc/issuer-keys.ts'
import type { ProtectedService } from '../decision/protected-service.ts'
import type { Rule } from '../mapping/rule.ts'
import type { UsageReader } from '../mapping/usage-reader.ts'
import type { PolicyChain } from '../policies/policy.ts'
import type { Rejection } from '../rejection/rejection.ts'
import type { RequestView } from '../request/request-view.ts'

/** A service, and what decides about its callers. */
export interface AuthorizedService extends ProtectedService {
  readonly authorizer: Authorizer
}

/** One service as its present configuration has it. */
export interface ConfiguredService<View extends RequestView> {
  /** Stays when the configuration is replaced, and its authorizer with it. */
  readonly service: AuthorizedService
  /** In lower case, without ports. */
  readonly hosts: readonly string[]
  /** Its place among services with the same host. */
  readonly rank: number
  /** The rules of the proxy configuration, by which path routing chooses; empty without one. */
  readonly rules: readonly Rule[]
  readonly credentials: CredentialsReader<View>
  /** Of the issuer of its access tokens; undefined if callers send none. */
  readonly keys: IssuerKeys | undefined
  /** The usage of its requests, unless a route has its own. */
  readonly usage: UsageReader<View>
  readonly rejection: Rejection
  /** Decide before 3scale is asked; undefined if the service has none. */
  readonly policies: PolicyChain | undefined
  /** Whether the policy chain of the proxy configuration asks to send the Referer header. */
  readonly referrer: boolean
}

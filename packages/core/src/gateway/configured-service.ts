/** A configured service, and how the service of a request is found. */
import type { Authorizer } from '../authorization/authorizer.ts'
import type { CredentialsReader } from '../credentials/credentials-reader.ts'
import type { IssuerKeys } from '../credentials/oidc/issuer-keys.ts'
import type { ProtectedService } from '../decision/protected-service.ts'
import type { UsageReader } from '../mapping/usage-reader.ts'
import type { Rejection } from '../rejection/rejection.ts'
import { hostnameOf } from '../request/hostname.ts'
import type { RequestView } from '../request/request-view.ts'

/** One service with the parts that were created for it. */
export interface ConfiguredService<View extends RequestView> {
  readonly service: ProtectedService
  readonly authorizer: Authorizer
  /** In lower case, without ports. */
  readonly hosts: readonly string[]
  readonly credentials: CredentialsReader<View>
  /** Of the issuer of its access tokens; undefined if callers send none. */
  readonly keys: IssuerKeys | undefined
  /** The usage of its requests, unless a route has its own. */
  readonly usage: UsageReader<View>
  readonly rejection: Rejection
  /** Whether the policy chain of the proxy configuration asks to send the Referer header. */
  readonly referrer: boolean
}

/** Undefined if no service has the host. */
export type ServicePicker<View extends RequestView> = (view: View) => ConfiguredService<View> | undefined

/** A single service gets every request. Of several services, the first one that has the request's host gets it. */
export function createServicePicker<View extends RequestView>(
  services: readonly ConfiguredService<View>[],
  /** Whether there are services that cannot be served, so that a single one must not get their requests. */
  several: boolean = services.length > 1,
): ServicePicker<View> {
  const [only] = services
  if (!several) return () => only
  const byHost = new Map<string, ConfiguredService<View>>()
  for (const configured of services) {
    for (const host of configured.hosts) if (!byHost.has(host)) byHost.set(host, configured)
  }
  return (view) => (view.host === undefined ? undefined : byHost.get(hostnameOf(view.host)))
}

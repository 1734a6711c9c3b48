/** Which service a request is for, and what is set up per service. */
import type { Authorizer } from '../authorization/authorizer.ts'
import type { CredentialsReader } from '../credentials/credentials-reader.ts'
import type { ProtectedService } from '../decision/protected-service.ts'
import type { UsageReader } from '../mapping/usage-reader.ts'
import type { Rejection } from '../rejection/rejection.ts'
import { hostnameOf } from '../request/hostname.ts'
import type { RequestView } from '../request/request-view.ts'

/** One service and the rooms as its configuration sets them up. */
export interface ConfiguredService<View extends RequestView> {
  readonly service: ProtectedService
  readonly authorizer: Authorizer
  /** Lower case, without ports. */
  readonly hosts: readonly string[]
  readonly credentials: CredentialsReader<View>
  /** What its calls use where a route does not say otherwise. */
  readonly usage: UsageReader<View>
  readonly rejection: Rejection
  /** Send the Referer header because the configuration's policy chain says so. */
  readonly referrer: boolean
}

/** Undefined when no service has the host. */
export type ServicePicker<View extends RequestView> = (view: View) => ConfiguredService<View> | undefined

/** One service takes every request; several are told apart by host, the first that names it wins. */
export function createServicePicker<View extends RequestView>(
  services: readonly ConfiguredService<View>[],
): ServicePicker<View> {
  const [only] = services
  if (services.length === 1) return () => only
  const byHost = new Map<string, ConfiguredService<View>>()
  for (const configured of services) {
    for (const host of configured.hosts) if (!byHost.has(host)) byHost.set(host, configured)
  }
  return (view) => (view.host === undefined ? undefined : byHost.get(hostnameOf(view.host)))
}

/** Which service a request is for, and what is set up per service. */
import type { CredentialsReader } from '../credentials/credentials-reader.ts'
import type { ProtectedService } from '../decision/route-policy.ts'
import type { UsageReader } from '../mapping/usage-reader.ts'
import type { Rejection } from '../rejection/rejection.ts'
import { hostnameOf } from '../request/hostname.ts'
import type { RequestView } from '../request/request-view.ts'

/** One service and the rooms as its configuration sets them up. */
export interface Front<View extends RequestView> {
  readonly service: ProtectedService
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
export type FrontPicker<View extends RequestView> = (view: View) => Front<View> | undefined

/** One service takes every request; several are told apart by host, the first that names it wins. */
export function createFrontPicker<View extends RequestView>(fronts: readonly Front<View>[]): FrontPicker<View> {
  const [only] = fronts
  if (fronts.length === 1) return () => only
  const byHost = new Map<string, Front<View>>()
  for (const front of fronts) {
    for (const host of front.hosts) if (!byHost.has(host)) byHost.set(host, front)
  }
  return (view) => (view.host === undefined ? undefined : byHost.get(hostnameOf(view.host)))
}

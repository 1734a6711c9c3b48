/** Why a request belongs to no service: its host is unknown, or that of a service that cannot be served. */
import type { UnusableService } from '../configuration/portal/proxy-config.ts'
import type { Refusal } from '../decision/refusal.ts'
import { hostnameOf } from '../request/hostname.ts'
import type { RequestView } from '../request/request-view.ts'
import { SERVICE_NOT_FOUND, SERVICE_UNUSABLE } from './fixed-refusals.ts'

export function createUnserved(unusable: readonly UnusableService[]): (view: RequestView) => Refusal {
  const hosts = new Set(unusable.flatMap((service) => service.hosts))
  return ({ host }) => (host !== undefined && hosts.has(hostnameOf(host)) ? SERVICE_UNUSABLE : SERVICE_NOT_FOUND)
}

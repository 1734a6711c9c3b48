/** Groups services by the hosts that they share. */

/** Each host with its services, the first one first. */
export function servicesByHost<Service extends { readonly hosts: readonly string[]; readonly rank: number }>(
  services: readonly Service[],
): ReadonlyMap<string, readonly Service[]> {
  const byHost = new Map<string, Service[]>()
  for (const service of services.toSorted((one, other) => one.rank - other.rank)) {
    for (const host of new Set(service.hosts)) {
      const sharing = byHost.get(host)
      if (sharing === undefined) byHost.set(host, [service])
      else sharing.push(service)
    }
  }
  return byHost
}

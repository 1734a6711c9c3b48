/** Creates the policies that a proxy configuration has for a service. */
import type { PolicySettings } from '../configuration/portal/read-policies.ts'
import { createClaimCheck } from '../policies/claim-check.ts'
import { createIpCheck } from '../policies/ip-check.ts'
import { createMaintenanceMode } from '../policies/maintenance-mode.ts'
import type { Policy } from '../policies/policy.ts'
import type { ResourceReading } from '../policies/resource.ts'
import { createRoleCheck } from '../policies/role-check.ts'
import { createTokenIntrospection, type IntrospectionParts } from '../policies/token-introspection.ts'

export function createPolicies(
  settings: readonly PolicySettings[],
  reading: ResourceReading,
  introspection: IntrospectionParts,
): readonly Policy[] {
  return settings.map((one) => createPolicy(one, reading, introspection))
}

function createPolicy(settings: PolicySettings, reading: ResourceReading, introspection: IntrospectionParts): Policy {
  switch (settings.kind) {
    case 'ip_check':
      return createIpCheck(settings)
    case 'maintenance_mode':
      return createMaintenanceMode(settings)
    case 'jwt_claim_check':
      return createClaimCheck(settings, reading)
    case 'keycloak_role_check':
      return createRoleCheck(settings, reading)
    case 'token_introspection':
      return createTokenIntrospection(settings, introspection)
  }
}

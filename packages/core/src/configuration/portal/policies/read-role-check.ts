/** Reads the policy keycloak_role_check. */
import type { RoleCheckSettings, RoleScope } from '../../../policies/role-check.ts'
import type { DocumentPart } from '../document.ts'
import { readResource } from './read-resource.ts'
import { readTemplate } from './read-template.ts'

export function readRoleCheck(configuration: DocumentPart): RoleCheckSettings {
  const type = configuration.text('type') ?? 'whitelist'
  if (type !== 'whitelist' && type !== 'blacklist') {
    configuration.problem('type', "must be 'whitelist' or 'blacklist'")
  }
  const scopes = configuration.parts('scopes').map((scope): RoleScope => {
    return {
      ...readResource(scope),
      realmRoles: scope.parts('realm_roles').map(readRole),
      clientRoles: scope.parts('client_roles').map((part) => ({
        client: readTemplate({ part, name: 'client', typeName: 'client_type' }, 'jwt'),
        role: readRole(part),
      })),
    }
  })
  return {
    kind: 'keycloak_role_check',
    type: type === 'blacklist' ? 'blacklist' : 'whitelist',
    deniesUnmatched: configuration.flag('whitelist_deny_unmatched') ?? true,
    scopes,
  }
}

const readRole = (part: DocumentPart) => readTemplate({ part, name: 'name', typeName: 'name_type' }, 'jwt')

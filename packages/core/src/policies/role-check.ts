/** Lets requests pass by the roles in their token, as Keycloak writes them (APIcast policy/keycloak_role_check). */
import type { ClaimTemplate } from '../credentials/oidc/claim-template.ts'
import type { Claims } from '../credentials/oidc/token-settings.ts'
import type { Refusal } from '../decision/refusal.ts'
import type { Policy } from './policy.ts'
import { createResource, type ResourceReading, type ResourceSettings } from './resource.ts'

export interface RoleCheckSettings {
  readonly kind: 'keycloak_role_check'
  /** 'whitelist' lets requests pass that fit a scope, 'blacklist' all others. */
  readonly type: 'whitelist' | 'blacklist'
  /** Whether a whitelist refuses requests for resources of no scope. */
  readonly deniesUnmatched: boolean
  readonly scopes: readonly RoleScope[]
}

/** Alternatives. A request fits one if it is for the resource, and its token has all roles. */
export interface RoleScope extends ResourceSettings {
  readonly realmRoles: readonly ClaimTemplate[]
  readonly clientRoles: readonly { readonly client: ClaimTemplate; readonly role: ClaimTemplate }[]
}

/** Without a token no scope fits, and a whitelist lets no request pass. */
export function createRoleCheck(settings: RoleCheckSettings, reading: ResourceReading): Policy {
  const scopes = settings.scopes.map((scope) => ({ ...scope, isFor: createResource(scope, reading) }))
  const refusal: Refusal = Object.freeze({ outcome: 'refuse', code: 'roles_not_allowed' })
  return {
    judge: async (claims) => scopes.map((scope) => hasRoles(claims, scope)),
    check(view, judgement) {
      const asked = scopes.map(({ isFor }, index) => ({ found: isFor(view), fits: judgement?.[index] === true }))
      // Where it is unclear which resource is meant, a scope must not let a request pass, and may refuse it.
      if (settings.type === 'blacklist') {
        return asked.some(({ found, fits }) => found !== 'no' && fits) ? refusal : undefined
      }
      if (asked.some(({ found, fits }) => found === 'yes' && fits)) return undefined
      const isFree = judgement !== undefined && !settings.deniesUnmatched && asked.every(({ found }) => found === 'no')
      return isFree ? undefined : refusal
    },
  }
}

function hasRoles(claims: Claims, { realmRoles, clientRoles }: RoleScope): boolean {
  const context = { jwt: claims }
  const has = (owner: unknown, role: string | undefined) => {
    const roles = memberOf(owner, 'roles')
    return role !== undefined && Array.isArray(roles) && roles.includes(role)
  }
  return (
    realmRoles.every((role) => has(memberOf(claims, 'realm_access'), role(context))) &&
    clientRoles.every(({ client, role }) =>
      has(memberOf(memberOf(claims, 'resource_access'), client(context)), role(context)),
    )
  )
}

/** Only own members, because a client may be called `constructor`. */
function memberOf(value: unknown, name: string | undefined): unknown {
  if (typeof value !== 'object' || value === null || name === undefined || !Object.hasOwn(value, name)) return undefined
  return (value as Claims)[name]
}

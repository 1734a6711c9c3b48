/** Reads the supported policies of a service's chain; the operator is warned about the others. */
import type { ClaimCheckSettings } from '../../policies/claim-check.ts'
import type { IpCheckSettings } from '../../policies/ip-check.ts'
import type { MaintenanceSettings } from '../../policies/maintenance-mode.ts'
import type { RoleCheckSettings } from '../../policies/role-check.ts'
import type { IntrospectionSettings } from '../../policies/token-introspection.ts'
import type { DocumentPart } from './document.ts'
import type { PolicyContext } from './policies/policy-context.ts'
import { readClaimCheck } from './policies/read-claim-check.ts'
import { readIpCheck } from './policies/read-ip-check.ts'
import { readMaintenanceMode } from './policies/read-maintenance-mode.ts'
import { readRoleCheck } from './policies/read-role-check.ts'
import { readTokenIntrospection } from './policies/read-token-introspection.ts'

export interface Policies {
  readonly referrer: boolean
  readonly rateLimitHeaders: boolean
  readonly anonymous: Anonymous | undefined
  /** The policy that routes requests to backends. */
  readonly routing: DocumentPart | undefined
  /** Policies that decide about requests, in the order of the chain. */
  readonly deciding: readonly PolicySettings[]
}

/** A policy that decides, as it was configured. */
export type PolicySettings =
  | IpCheckSettings
  | MaintenanceSettings
  | ClaimCheckSettings
  | RoleCheckSettings
  | IntrospectionSettings

/** The members of default_credentials, whether they fit the service or not. */
export interface Anonymous {
  /** Path of the policy, for warnings. */
  readonly path: string
  readonly userKey: string | undefined
  readonly appId: string | undefined
  readonly appKey: string | undefined
}

interface Context extends Omit<PolicyContext, 'proxy'> {
  ignorePolicy(policy: string, service: string): void
}

/** The policy that stands for the gateway itself; every chain has it. */
const APICAST = 'apicast'

/** What APIcast's own configurations put before the name of a policy. */
const MODULE = /^apicast\.policy\./

/** Reads a policy that decides. Undefined after a problem, which makes the service unusable: it must not be left out. */
type Reader = (configuration: DocumentPart, context: PolicyContext) => PolicySettings | undefined

const READERS: Readonly<Record<string, Reader>> = {
  ip_check: readIpCheck,
  jwt_claim_check: readClaimCheck,
  keycloak_role_check: readRoleCheck,
  maintenance_mode: readMaintenanceMode,
  token_introspection: readTokenIntrospection,
}

export function readPolicies(proxy: DocumentPart, service: string, context: Context): Policies {
  let referrer = false
  let rateLimitHeaders = false
  let anonymous: Anonymous | undefined
  let routing: DocumentPart | undefined
  let afterApicast = false
  const deciding: PolicySettings[] = []
  const policies = proxy.parts('policy_chain')
  for (const policy of policies) {
    const name = policy.requiredText('name').replace(MODULE, '')
    if (name === '') continue
    if (name === APICAST) afterApicast = true
    else if (name === '3scale_referrer') referrer = true
    else if (name === 'rate_limit_headers') rateLimitHeaders = true
    else if (Object.hasOwn(READERS, name)) {
      const settings = READERS[name]!(policy.partOrEmpty('configuration'), { ...context, proxy })
      if (settings !== undefined) deciding.push(settings)
    } else if (name === 'routing' && !afterApicast) {
      if (routing !== undefined) policy.problem('name', 'stands there twice; two routings cannot both decide')
      routing ??= policy
    } else if (name !== 'default_credentials') context.ignorePolicy(name, service)
    else if (afterApicast) context.warn(`${policy.path} (default_credentials) stands behind apicast and has no effect`)
    else anonymous ??= readAnonymous(policy)
  }
  if (policies.length > 0 && !afterApicast) {
    proxy.problem('policy_chain', 'has no policy apicast, without which no request is authorized')
  }
  return { referrer, rateLimitHeaders, anonymous, routing, deciding }
}

function readAnonymous(policy: DocumentPart): Anonymous {
  const configuration = policy.part('configuration')
  return {
    path: policy.path,
    userKey: configuration?.text('user_key'),
    appId: configuration?.text('app_id'),
    appKey: configuration?.text('app_key'),
  }
}

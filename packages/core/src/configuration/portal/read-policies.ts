/** Reads the supported policies of a service's chain; the operator is warned about the others. */
import type { DocumentPart } from './document.ts'

export interface Policies {
  readonly referrer: boolean
  readonly rateLimitHeaders: boolean
  readonly anonymous: Anonymous | undefined
  /** The policy that routes requests to backends. */
  readonly routing: DocumentPart | undefined
}

/** The members of default_credentials, whether they fit the service or not. */
export interface Anonymous {
  /** Path of the policy, for warnings. */
  readonly path: string
  readonly userKey: string | undefined
  readonly appId: string | undefined
  readonly appKey: string | undefined
}

interface Context {
  warn(sentence: string): void
  ignorePolicy(policy: string, service: string): void
}

/** The policy that stands for the gateway itself; every chain has it. */
const APICAST = 'apicast'

export function readPolicies(proxy: DocumentPart, service: string, context: Context): Policies {
  let referrer = false
  let rateLimitHeaders = false
  let anonymous: Anonymous | undefined
  let routing: DocumentPart | undefined
  let afterApicast = false
  for (const policy of proxy.parts('policy_chain')) {
    const name = policy.requiredText('name')
    if (name === '') continue
    if (name === APICAST) afterApicast = true
    else if (name === '3scale_referrer') referrer = true
    else if (name === 'rate_limit_headers') rateLimitHeaders = true
    else if (name === 'routing' && !afterApicast) {
      if (routing !== undefined) policy.problem('name', 'stands there twice; two routings cannot both decide')
      routing ??= policy
    } else if (name !== 'default_credentials') context.ignorePolicy(name, service)
    else if (afterApicast) context.warn(`${policy.path} (default_credentials) stands behind apicast and has no effect`)
    else anonymous ??= readAnonymous(policy)
  }
  return { referrer, rateLimitHeaders, anonymous, routing }
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

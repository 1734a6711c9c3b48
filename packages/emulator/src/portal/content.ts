/** What the portal tells gateways about a service: `content` of a proxy configuration. */
import { defaultProviderKey } from '../provider/directory.ts'
import type { ProxyRuleState, ProxyState, ServiceState } from '../provider/state.ts'

/** The members that the portal itself looks at. */
export interface Content {
  readonly id: number | string
  readonly proxy: Readonly<Record<string, unknown>> & { readonly hosts: readonly string[] }
  readonly [member: string]: unknown
}

/** The present content of a service, perhaps without addresses. Its members and defaults are those of porta (db/schema.rb, lib/apicast). */
export function contentOf(service: ServiceState, proxy: ProxyState): Content {
  const { id, backend_version, service_tokens: [token] = [], provider_key = defaultProviderKey } = service
  const version = backend_version ?? '2'
  return {
    id: numberOr(id),
    name: id,
    state: 'incomplete',
    system_name: id,
    backend_version: version,
    deployment_option: 'self_managed',
    mandatory_app_key: true,
    referrer_filters_required: service.referrer_filters_required ?? false,
    'proxiable?': true,
    backend_authentication_type: token === undefined ? 'provider_key' : 'service_token',
    backend_authentication_value: token ?? provider_key,
    proxy: {
      ...proxyDefaults,
      service_id: numberOr(id),
      authentication_method: version === 'oauth' ? 'oidc' : version,
      service_backend_version: version,
      hosts: [proxy.endpoint, proxy.sandbox_endpoint].flatMap(hostOf),
      ...proxy,
      proxy_rules: (proxy.proxy_rules ?? []).map(ruleOf),
    },
  }
}

/** The content with the addresses that the state leaves out: of the backend, and of the issuer for OpenID Connect. */
export function withAddresses(content: Content, address: string, issuer: string | undefined): Content {
  const { proxy } = content
  const backend = { endpoint: address, host: address.replace(/^http:\/\/|:\d+$/g, '') }
  const ownIssuer = proxy.authentication_method === 'oidc' ? issuer : undefined
  const oidc_issuer_endpoint = proxy.oidc_issuer_endpoint ?? ownIssuer ?? null
  return { ...content, proxy: { backend, ...proxy, oidc_issuer_endpoint } }
}

const text = 'text/plain; charset=us-ascii'

const proxyDefaults = {
  endpoint: null,
  sandbox_endpoint: null,
  credentials_location: 'query',
  auth_user_key: 'user_key',
  auth_app_id: 'app_id',
  auth_app_key: 'app_key',
  error_auth_missing: 'Authentication parameters missing',
  error_status_auth_missing: 403,
  error_headers_auth_missing: text,
  error_auth_failed: 'Authentication failed',
  error_status_auth_failed: 403,
  error_headers_auth_failed: text,
  error_no_match: 'No Mapping Rule matched',
  error_status_no_match: 404,
  error_headers_no_match: text,
  error_limits_exceeded: 'Usage limit exceeded',
  error_status_limits_exceeded: 429,
  error_headers_limits_exceeded: text,
  hostname_rewrite: null,
  api_backend: null,
  oidc_issuer_endpoint: null,
  oidc_issuer_type: 'keycloak',
  jwt_claim_with_client_id: null,
  jwt_claim_with_client_id_type: null,
  'valid?': true,
  policy_chain: [{ name: 'apicast', version: 'builtin', configuration: {} }],
}

function ruleOf(rule: ProxyRuleState, index: number): Record<string, unknown> {
  const [path = '', query] = rule.pattern.split('?', 2)
  return {
    id: index + 1,
    http_method: 'GET',
    delta: 1,
    position: index + 1,
    last: false,
    redirect_url: null,
    owner_type: 'Proxy',
    parameters: [...path.matchAll(/\{([^}]*)\}/g)].map(([, name]) => name),
    querystring_parameters: Object.fromEntries((query?.split('&') ?? []).map(queryPart)),
    ...rule,
  }
}

function queryPart(part: string): [string, string | null] {
  const [name = '', value] = part.split('=', 2)
  return [name, value ?? null]
}

/** The ids of the portal are numbers; those of the emulator may be any text. */
export function numberOr(id: string): number | string {
  return /^[1-9]\d{0,14}$/.test(id) ? Number(id) : id
}

function hostOf(endpoint: string | null | undefined): string[] {
  return endpoint != null && URL.canParse(endpoint) ? [new URL(endpoint).hostname] : []
}

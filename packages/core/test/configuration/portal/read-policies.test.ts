/** The policies of a chain that decide about requests. One that cannot be read makes its service unusable. */
import { describe, expect, it } from 'vitest'
import { readProxyConfig } from '../../../src/configuration/portal/proxy-config.ts'
import { ConfigError } from '../../../src/errors.ts'
import type { ClaimCheckSettings } from '../../../src/policies/claim-check.ts'
import type { RoleCheckSettings } from '../../../src/policies/role-check.ts'

type Policy = { readonly name: string; readonly configuration?: unknown }

const product = (...policies: Policy[]) => ({ id: 42, proxy: { policy_chain: [...policies, { name: 'apicast' }] } })
const read = (...policies: Policy[]) => readProxyConfig(product(...policies), { providerCredential: true })

function problemsOf(document: object): readonly string[] {
  try {
    readProxyConfig(document, { providerCredential: true })
  } catch (error) {
    if (error instanceof ConfigError)
      return error.problems.map((problem) => problem.replace(/^proxyConfig\.proxy\./, ''))
    throw error
  }
  return []
}

const LIQUID = "uses more of Liquid than this gateway knows: text, {{ claim.member['name'] }}, first, last and default"

const AUTH_TYPES = "'client_id+client_secret' or 'use_3scale_oidc_issuer_endpoint'"
const CLIENT = { client_id: 'gw', client_secret: 's3cret' }

/** A configuration of jwt_claim_check with one rule that has one operation. */
function claimRule(rule: object, operation: object = {}) {
  const operations = [{ op: '==', jwt_claim: 'role', jwt_claim_type: 'plain', value: 'admin', ...operation }]
  return { rules: [{ resource: '/', operations, ...rule }] }
}

describe('policies that decide', () => {
  it('read claims and roles by templates', async () => {
    const configuration = claimRule({ methods: [] }, { jwt_claim: 'realm.role', value: '', value_type: 'plain' })
    const client = { name: 'a', client: '{{ jwt.azp }}', client_type: 'liquid' }
    const scopes = [{ resource: '/', methods: ['GET'], client_roles: [client] }]
    const [claims, roles] = read(
      { name: 'jwt_claim_check', configuration },
      { name: 'keycloak_role_check', configuration: { scopes } },
    ).services[0]!.policies as [ClaimCheckSettings, RoleCheckSettings]
    const [{ methods, operations }] = claims.rules as [ClaimCheckSettings['rules'][number]]
    expect([methods, operations[0]!.claim({ realm: { role: 'x' } }), operations[0]!.value({})]).toEqual([
      ['ANY'],
      'x',
      '',
    ])
    expect(roles).toMatchObject({ type: 'whitelist', deniesUnmatched: true })
    expect(roles.scopes[0]!.clientRoles[0]!.client({ jwt: { azp: 'app' } })).toBe('app')
  })

  it('are read in the order of the chain, also by the names of modules', () => {
    const ips = ['10.0.0.0/8']
    const { services, warnings } = read(
      { name: 'apicast.policy.maintenance_mode', configuration: { status: 555, message: 'later' } },
      { name: 'ip_check', configuration: { check_type: 'blacklist', ips } },
    )
    expect(services[0]!.policies).toEqual([
      { kind: 'maintenance_mode', status: 555, message: 'later', contentType: 'text/plain; charset=utf-8' },
      {
        kind: 'ip_check',
        type: 'blacklist',
        addresses: { has: expect.any(Function) },
        message: 'IP address not allowed',
      },
    ])
    expect(warnings).toEqual([])
  })

  it('read how tokens are introspected', () => {
    const introspection_url = 'https://sso.example.com/introspect?x=1'
    const configuration = { ...CLIENT, introspection_url, max_cached_tokens: '99999', max_ttl_tokens: 60 }
    expect(read({ name: 'token_introspection', configuration }).services[0]!.policies).toEqual([
      {
        kind: 'token_introspection',
        endpoint: introspection_url,
        authorization: `Basic ${Buffer.from('gw:s3cret').toString('base64')}`,
        maxTokens: 10_000,
        maxAgeMs: 60_000,
      },
    ])
  })

  it('have defaults', () => {
    expect(read({ name: 'maintenance_mode' }).services[0]!.policies).toMatchObject([
      { status: 503, message: 'Service Unavailable - Maintenance' },
    ])
  })

  it('are warned about where an address comes from elsewhere', () => {
    const configuration = { check_type: 'whitelist', ips: [], client_ip_sources: ['last_caller', 'X-Forwarded-For'] }
    expect(read({ name: 'ip_check', configuration }).warnings).toEqual([
      'proxyConfig.proxy.policy_chain[0].configuration.client_ip_sources has no effect: the address is the one that the framework trusts, so tell it about your proxy (trust proxy)',
    ])
  })

  it.each<[string, unknown, string]>([
    ['ip_check', {}, 'check_type is missing'],
    ['ip_check', undefined, 'check_type is missing'],
    ['ip_check', { check_type: 'list' }, "check_type must be 'whitelist' or 'blacklist'"],
    [
      'ip_check',
      { check_type: 'blacklist', ips: ['10.0.0'] },
      'ips[0] is neither an address nor a range such as 10.0.0.0/8',
    ],
    ['ip_check', { check_type: 'blacklist', ips: [7] }, 'ips[0] must be a string, not a number'],
    ['maintenance_mode', { status: 99 }, 'status must be the status of an answer, 200 to 599, not 99'],
    ['maintenance_mode', { message_content_type: 'a\r\nb: c' }, 'message_content_type cannot be the value of a header'],
    [
      'maintenance_mode',
      { condition: { operations: [{}] } },
      'condition is not supported; without one, every request is refused',
    ],
    [
      'maintenance_mode',
      { upstreams: [{}] },
      'upstreams is not supported, because nothing is proxied; without it, every request is refused',
    ],
    ['jwt_claim_check', {}, 'rules is missing'],
    ['jwt_claim_check', claimRule({ resource: undefined }), 'rules[0].resource is missing'],
    [
      'jwt_claim_check',
      claimRule({ resource: 'x' }),
      'rules[0].resource can match no request: no path begins like this',
    ],
    [
      'jwt_claim_check',
      claimRule({ resource: `/${'x'.repeat(4096)}` }),
      'rules[0].resource is longer than 4096 characters',
    ],
    [
      'jwt_claim_check',
      claimRule({ resource_type: 'liquid' }),
      "rules[0].resource_type must be 'plain': a template would see the request",
    ],
    ...['get', 'GET ', ''].map((method): [string, unknown, string] => [
      'jwt_claim_check',
      claimRule({ methods: ['POST', method] }),
      "rules[0].methods[1] must be an HTTP method in upper case, or 'ANY'",
    ]),
    ['jwt_claim_check', claimRule({ combine_op: 'xor' }), "rules[0].combine_op must be 'and' or 'or'"],
    ['jwt_claim_check', claimRule({}, { op: '=' }), "rules[0].operations[0].op must be '==', '!=' or 'matches'"],
    ['jwt_claim_check', claimRule({}, { jwt_claim: null }), 'rules[0].operations[0].jwt_claim is missing'],
    ['jwt_claim_check', claimRule({}, { jwt_claim: 'a b' }), `rules[0].operations[0].jwt_claim ${LIQUID}`],
    [
      'jwt_claim_check',
      claimRule({}, { value: '{{ a | upcase }}', value_type: 'liquid' }),
      `rules[0].operations[0].value ${LIQUID}`,
    ],
    ...['(', '(?=a)', '(?<!a)', '(a)\\1', 'a++', '(?>a)'].map((value): [string, unknown, string] => [
      'jwt_claim_check',
      claimRule({}, { op: 'matches', value }),
      'rules[0].operations[0].value is no expression that can be matched in linear time',
    ]),
    [
      'jwt_claim_check',
      { ...claimRule({}, { value_type: 'liquid' }), enable_extended_context: true },
      "rules[0].operations[0].jwt_claim_type must be 'plain' with enable_extended_context: templates see nothing of the request",
    ],
    ['token_introspection', { auth_type: 'private_key_jwt' }, `auth_type must be ${AUTH_TYPES}`],
    [
      'token_introspection',
      { auth_type: 'use_3scale_oidc_issuer_endpoint' },
      'auth_type needs the client and its secret in oidc_issuer_endpoint, https://CLIENT:SECRET@…',
    ],
    [
      'token_introspection',
      { ...CLIENT, introspection_url: 'http://sso.example.com/introspect' },
      'introspection_url is plain http to another machine, where others on the way could replace the keys; use https',
    ],
    [
      'token_introspection',
      { ...CLIENT, introspection_url: 'https://sso.example.com', max_cached_tokens: -1 },
      'max_cached_tokens must be a whole number, 0 or more',
    ],
    ['keycloak_role_check', { type: 'list' }, "type must be 'whitelist' or 'blacklist'"],
    ['keycloak_role_check', { scopes: [{}] }, 'scopes[0].resource is missing'],
    [
      'keycloak_role_check',
      { scopes: [{ resource: '/', realm_roles: [{}] }] },
      'scopes[0].realm_roles[0].name is missing',
    ],
    [
      'keycloak_role_check',
      { scopes: [{ resource: '/', client_roles: [{ name: 'a', client: '{{ uri }}', client_type: 'liquid' }] }] },
      'scopes[0].client_roles[0].client uses more than jwt, and templates see nothing of the request',
    ],
  ])('law 18: stop the service if they cannot be read: %s %j', (name, configuration, problem) => {
    expect(problemsOf(product({ name, configuration }))).toEqual([`policy_chain[0].configuration.${problem}`])
  })

  it('stop the service if their configuration is none', () => {
    expect(problemsOf(product({ name: 'maintenance_mode', configuration: 'off' }))).toEqual([
      'policy_chain[0].configuration must be an object, not a string',
    ])
  })
})

describe('a chain', () => {
  it('without apicast authorizes nobody', () => {
    expect(problemsOf({ id: 42, proxy: { policy_chain: [{ name: 'cors' }] } })).toEqual([
      'policy_chain has no policy apicast, without which no request is authorized',
    ])
    expect(problemsOf({ id: 42, proxy: { policy_chain: [{ name: 'apicast.policy.apicast' }] } })).toEqual([])
    expect(problemsOf({ id: 42, proxy: { policy_chain: [] } })).toEqual([])
  })

  it('has the policies without effect in one warning, with the reason', () => {
    const names = ['rate_limit', 'apicast.policy.headers', 'own_policy', 'constructor']
    const [warning] = read(...names.map((name) => ({ name }))).warnings
    expect(warning).toBe(
      'policies of the proxy configuration that have no effect here: rate_limit (service 42): it restricts callers, which this gateway does not do in this way; guard your routes by other means; headers (service 42): it is about proxying, and nothing is proxied here; own_policy (service 42): it is unknown to this gateway; constructor (service 42): it is unknown to this gateway',
    )
  })
})

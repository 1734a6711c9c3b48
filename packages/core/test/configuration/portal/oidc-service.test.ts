/** What a proxy configuration says about OpenID Connect services, and services that cannot be used beside others. */
import { generateKeyPairSync } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { type ProxyConfigContext, readProxyConfig } from '../../../src/configuration/portal/proxy-config.ts'
import { ConfigError } from '../../../src/errors.ts'

const ISSUER = 'https://sso.example.com/realms/acme'

function service(proxy: object = {}, members: object = {}) {
  return {
    id: 42,
    backend_version: 'oauth',
    backend_authentication_type: 'service_token',
    backend_authentication_value: '0123abcd',
    proxy: { authentication_method: 'oidc', oidc_issuer_endpoint: ISSUER, hosts: ['api.example.com'], ...proxy },
    ...members,
  }
}

const keyService = (id: number, host: string, proxy: object = {}) =>
  service(
    { authentication_method: '1', oidc_issuer_endpoint: null, hosts: [host], ...proxy },
    { id, backend_version: '1' },
  )

const oidcOf = (document: unknown, context?: ProxyConfigContext) => readProxyConfig(document, context).services[0]?.oidc

function problemsOf(document: unknown): readonly string[] {
  try {
    readProxyConfig(document)
  } catch (error) {
    if (error instanceof ConfigError) return error.problems
    throw error
  }
  return []
}

describe('an OpenID Connect service', () => {
  test.each([
    [ISSUER, ISSUER],
    [`${ISSUER}//`, ISSUER],
    ['https://client:s3cr3t@sso.example.com/realms/acme/', ISSUER],
    ['http://localhost:8080/realms/acme', 'http://localhost:8080/realms/acme'],
  ])('has its issuer at %s, without password and slash', (oidc_issuer_endpoint, endpoint) => {
    expect(oidcOf(service({ oidc_issuer_endpoint }))?.keys).toEqual({ endpoint })
  })

  test.each([
    ['', 'is missing'],
    [null, 'is missing'],
    ['sso.example.com', 'must be an https URL'],
    ['ftp://sso.example.com', 'must be an https URL'],
    [`${ISSUER}?a=s3cr3t`, 'must not contain a query or a fragment'],
    ['http://me:s3cr3t@sso.example.com/realms/acme', 'is plain http to another machine'],
  ])('cannot be used with the issuer %s', (oidc_issuer_endpoint, problem) => {
    const [found, ...others] = problemsOf(service({ oidc_issuer_endpoint }))
    expect(found).toContain(`proxyConfig.proxy.oidc_issuer_endpoint ${problem}`)
    expect(others).toEqual([])
    expect(found).not.toContain('s3cr3t')
  })

  test('may have an issuer at plain http if the options allow it', () => {
    const document = service({ oidc_issuer_endpoint: 'http://sso.example.com' })
    expect(oidcOf(document, { allowHttpIssuer: true })?.keys).toEqual({ endpoint: 'http://sso.example.com' })
  })

  test.each([
    [null, ['query', 'form', 'authorization']],
    ['query', ['query', 'form', 'authorization']],
    ['headers', ['headers', 'authorization']],
    ['authorization', ['authorization']],
    ['cookie', []],
  ])('has tokens in %s as APIcast finds them', (credentials_location, locations) => {
    const { services, warnings } = readProxyConfig(service({ credentials_location }))
    expect(services[0]?.oidc?.in).toEqual(locations)
    expect(warnings).toHaveLength(credentials_location === 'cookie' ? 1 : 0)
  })

  test.each([
    [{}, undefined],
    [{ jwt_claim_with_client_id: 'client_id', jwt_claim_with_client_id_type: 'plain' }, 'by-client-id'],
    [{ jwt_claim_with_client_id: 'client_id' }, 'by-client-id'],
    [{ jwt_claim_with_client_id: '{{ a.b }}-x', jwt_claim_with_client_id_type: 'liquid' }, 'nested-x'],
  ])('names the claim with the client id: %j', (setting, clientId) => {
    const claims = { azp: 'by-azp', client_id: 'by-client-id', a: { b: 'nested' } }
    expect(oidcOf(service(setting))?.clientId?.(claims)).toBe(clientId)
  })

  test('cannot be used with a template or a type that is not known', () => {
    const liquid = { jwt_claim_with_client_id: '{{ azp | upcase }}', jwt_claim_with_client_id_type: 'liquid' }
    expect(problemsOf(service(liquid))[0]).toMatch(/jwt_claim_with_client_id uses more of Liquid/)
    const type = { jwt_claim_with_client_id: 'azp', jwt_claim_with_client_id_type: 'jsonpath' }
    expect(problemsOf(service(type))[0]).toMatch(/jwt_claim_with_client_id_type must be 'plain' or 'liquid'/)
  })

  test('is warned about if a plain name looks like a template', () => {
    const { warnings } = readProxyConfig(service({ jwt_claim_with_client_id: '{{ azp }}' }))
    expect(warnings).toEqual([expect.stringContaining("looks like a template; its type is 'plain'")])
  })

  test('is not read if the options say where credentials are', () => {
    expect(oidcOf(service({ oidc_issuer_endpoint: null }), { credentials: true })).toBeUndefined()
  })
})

describe('keys in the list oidc of a file', () => {
  const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const jwk = publicKey.export({ format: 'jwk' })
  const pem = publicKey.export({ format: 'pem', type: 'spki' })
  const entry = (keys: object, members: object = {}) => ({ issuer: ISSUER, config: {}, keys, ...members })
  const keysOf = (...oidc: unknown[]) => oidcOf({ services: [service()], oidc })?.keys

  test('are taken as JWK or PEM, instead of the address of the issuer', () => {
    const fixed = { issuer: ISSUER, algorithms: undefined, jwks: { keys: [{ ...jwk, kid: 'k' }] } }
    expect(keysOf(entry({ k: { ...jwk, x5c: ['…'] } }))).toEqual({ fixed })
    expect(keysOf(entry({ k: { pem, alg: 'ES256' } }))).toEqual({
      fixed: { ...fixed, jwks: { keys: [{ ...jwk, alg: 'ES256', kid: 'k' }] } },
    })
    expect(keysOf(entry({ k: { pem: 'no pem' }, l: 5 }))).toEqual({ fixed: { ...fixed, jwks: { keys: [] } } })
  })

  test.each([false, null, {}, { issuer: ISSUER }, 'text'])('are asked for if the entry is %j', (entry) => {
    expect(keysOf(entry)).toEqual({ endpoint: ISSUER })
  })

  test('belong to the service with their id, or else to the one at their place', () => {
    const other = keyService(41, 'other.example.com')
    const read = (...oidc: unknown[]) =>
      readProxyConfig({ services: [other, service()], oidc }).services[1]?.oidc?.keys ?? {}
    expect(read(false, entry({}))).toHaveProperty('fixed')
    expect(read(entry({}, { service_id: 42 }))).toHaveProperty('fixed')
    expect(read(false, entry({}, { service_id: 43 }))).toHaveProperty('endpoint')
  })
})

describe('a service that cannot be used', () => {
  const broken = service({ oidc_issuer_endpoint: null, hosts: ['Broken.example.com'] }, { id: 43 })

  test('law 18: stops itself only, and is told with its problems', () => {
    const { services, unusable, warnings } = readProxyConfig({ services: [broken, keyService(41, 'good.example.com')] })
    expect(services.map(({ id }) => id)).toEqual(['41'])
    const problems = ['proxyConfig.services[0].proxy.oidc_issuer_endpoint is missing']
    expect(unusable).toEqual([{ id: '43', rank: 0, mappingRules: [], hosts: ['broken.example.com'], problems }])
    expect(warnings).toEqual([`service 43 cannot be used, and its requests are answered 503: ${problems[0]}`])
  })

  test('is an error if no other can be used', () => {
    expect(problemsOf({ services: [broken, { ...broken, id: 44 }] })).toHaveLength(2)
    expect(problemsOf({ services: [broken, 5] })[0]).toContain('services[1] must be an object')
  })

  test('does not keep its id from a later service that can be used', () => {
    const { services, unusable, warnings } = readProxyConfig({
      services: [broken, keyService(43, 'good.example.com'), keyService(43, 'third.example.com')],
    })
    expect([services.map(({ hosts }) => hosts), unusable.length]).toEqual([[['good.example.com']], 1])
    expect(warnings).toContain('proxyConfig has service 43 more than once; the first one is used')
  })

  test('keeps its hosts from later services, but claims none if it names none that can be read', () => {
    const { unusable, services } = readProxyConfig({
      services: [
        keyService(43, 'broken.example.com', { error_status_no_match: 'x' }),
        keyService(44, '', { hosts: 7 }),
        keyService(41, 'broken.example.com'),
        keyService(45, 'localhost'),
      ],
    })
    expect(unusable.map(({ hosts }) => hosts)).toEqual([['broken.example.com'], []])
    expect(services.map(({ hosts }) => hosts)).toEqual([[], ['localhost']])
  })
})

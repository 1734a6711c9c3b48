/** The identity provider without a gateway: documents, tokens, who gets one, and how keys are replaced. */
import { createPublicKey, type JsonWebKey, verify } from 'node:crypto'
import { beforeEach, describe, expect, test } from 'vitest'
import { createEmulator, type Emulator, type EmulatorRequest, type EmulatorState } from '../../src/index.ts'
import { noon } from '../dictionary.ts'

const realm = '/realms/emulator'
const token = `${realm}/protocol/openid-connect/token`
const keys = `${realm}/protocol/openid-connect/certs`
const discovery = `${realm}/.well-known/openid-configuration`

function stateOf(): EmulatorState {
  return {
    services: [
      {
        id: '7',
        backend_version: 'oauth',
        applications: [
          { id: 'app', application_keys: ['s:ecret', 'new&secret +%'], token_claims: { aud: ['api'], role: 'teller' } },
          { id: 'without-key' },
        ],
      },
      { id: '8', backend_version: '2', applications: [{ id: 'keyed', application_keys: ['key'] }] },
    ],
  }
}

let emulator: Emulator
beforeEach(() => {
  emulator = createEmulator({ state: stateOf(), identityProvider: true, clock: noon })
})

function ask(method: string, target: string, more: Partial<EmulatorRequest> = {}) {
  const headers = { host: 'sso.example:3000', ...more.headers }
  return emulator.handle({ method, target, body: more.body, headers })
}
function askForToken(form: Record<string, string>, headers: Record<string, string> = {}) {
  const type = { 'content-type': 'application/x-www-form-urlencoded' }
  return ask('POST', token, { headers: { ...type, ...headers }, body: String(new URLSearchParams(form)) })
}
const good = { grant_type: 'client_credentials', client_id: 'app', client_secret: 's:ecret' }
const document = (target: string) => JSON.parse(ask('GET', target).body)
const issued = (answer = askForToken(good)) => JSON.parse(answer.body).access_token as string
const parts = (jwt: string) => jwt.split('.').map((part) => Buffer.from(part, 'base64url'))
const claimsOf = (jwt: string) => JSON.parse(String(parts(jwt)[1]))
const basic = (user: string, password: string) => ({
  authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`,
})

/** Whether a published key verifies a token. */
function isSigned(jwt: string): boolean {
  const [header, , signature] = parts(jwt)
  const { kid, alg } = JSON.parse(String(header))
  expect(alg).toBe('ES256')
  const jwk = (document(keys).keys as (JsonWebKey & { kid: string })[]).find((key) => key.kid === kid)
  if (!jwk) return false
  const input = Buffer.from(jwt.slice(0, jwt.lastIndexOf('.')))
  return verify(
    'sha256',
    input,
    { key: createPublicKey({ key: jwk, format: 'jwk' }), dsaEncoding: 'ieee-p1363' },
    signature!,
  )
}

test('is off by default: its paths are those of the backend', () => {
  expect(createEmulator().handle({ method: 'GET', target: discovery }).status).toBe(404)
})

describe('the documents', () => {
  test('name the issuer and the endpoints by the name under which they are read', () => {
    expect(document(discovery)).toMatchObject({
      issuer: `http://sso.example:3000${realm}`,
      jwks_uri: `http://sso.example:3000${keys}`,
      token_endpoint: `http://sso.example:3000${token}`,
      id_token_signing_alg_values_supported: ['ES256'],
    })
    emulator.setState({ ...stateOf(), identity_provider: { issuer: 'http://localhost:3000/fixed' } })
    expect(document(discovery)).toMatchObject({
      issuer: 'http://localhost:3000/fixed',
      jwks_uri: `http://sso.example:3000${keys}`,
    })
    expect(claimsOf(issued()).iss).toBe('http://localhost:3000/fixed')
  })

  test('are confirmed to those who have them, until a key is new', () => {
    const conditionOf = (target: string) => ({ headers: { 'if-none-match': ask('GET', target).headers.etag! } })
    for (const target of [discovery, keys]) expect(ask('GET', target, conditionOf(target)).status).toBe(304)
    const before = conditionOf(keys)
    emulator.rotateKeys()
    expect(ask('GET', keys, before).status).toBe(200)
  })

  test('show no private key', () => {
    emulator.rotateKeys()
    for (const key of document(keys).keys) {
      expect(Object.keys(key).sort()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y'])
    }
  })

  test.each([
    ['POST', keys, 405],
    ['GET', token, 405],
    ['GET', '/realms/other/.well-known/openid-configuration', 404],
    ['GET', `${realm}/`, 404],
  ])('%s %s is answered %i', (method, target, status) => {
    expect(ask(method, target).status).toBe(status)
  })
})

describe('a token', () => {
  test('has the claims of the issuer, then those of the application, and is signed by a published key', () => {
    const answer = askForToken(good)
    expect(answer).toMatchObject({ status: 200, headers: { 'cache-control': 'no-store' } })
    const body = JSON.parse(answer.body)
    expect(body).toEqual({ access_token: expect.any(String), token_type: 'Bearer', expires_in: 300 })
    const iat = Date.parse(noon) / 1000
    expect(claimsOf(body.access_token)).toEqual({
      iss: `http://sso.example:3000${realm}`,
      sub: 'service-account-app',
      aud: ['api'],
      azp: 'app',
      client_id: 'app',
      typ: 'Bearer',
      jti: expect.any(String),
      iat,
      exp: iat + 300,
      role: 'teller',
    })
    expect(isSigned(body.access_token)).toBe(true)
    expect(claimsOf(issued()).jti).not.toBe(claimsOf(body.access_token).jti)
  })

  test('lives as long as the state says', () => {
    emulator.setState({ ...stateOf(), identity_provider: { access_token_lifespan: 2 } })
    const { access_token, expires_in } = JSON.parse(askForToken(good).body)
    const { iat, exp } = claimsOf(access_token)
    expect([expires_in, exp - iat]).toEqual([2, 2])
  })

  test('survives a rotation of keys, and ends when its key is withdrawn', () => {
    const old = issued()
    emulator.rotateKeys()
    const young = issued()
    expect([isSigned(old), isSigned(young)]).toEqual([true, true])
    expect(emulator.keys().map(({ signs }) => signs)).toEqual([false, true])
    emulator.rotateKeys({ withdraw: true })
    expect([isSigned(old), isSigned(young), isSigned(issued())]).toEqual([false, false, true])
    expect(emulator.keys()).toHaveLength(1)
  })
})

describe('a client', () => {
  const { client_id: _, client_secret: __, ...grant } = good
  test.each([
    ['in the form', good, {}],
    ['with another of its keys', { ...good, client_secret: 'new&secret +%' }, {}],
    ['by Basic', grant, basic('app', 's%3Aecret')],
    ['by Basic, not encoded where that makes no difference', grant, basic('app', 's:ecret')],
    ['by Basic, & not encoded', grant, basic('app', 'new&secret+%2B%25')],
    ['by Basic, encoded', grant, basic('app', 'new%26secret+%2B%25')],
  ])('gets a token: %s', (_, form, headers) => {
    expect(askForToken(form, headers).status).toBe(200)
  })

  test.each([
    ['a wrong key', { ...good, client_secret: 'secret' }, {}, 401, 'invalid_client'],
    ['no key', { ...grant, client_id: 'without-key' }, {}, 401, 'invalid_client'],
    ['an empty key', { ...good, client_id: 'without-key', client_secret: '' }, {}, 401, 'invalid_client'],
    ['no credentials', grant, {}, 401, 'invalid_client'],
    ['Basic beside a good form', good, basic('app', 'x'), 401, 'invalid_client'],
    ['a service without OAuth', { ...good, client_id: 'keyed', client_secret: 'key' }, {}, 401, 'invalid_client'],
    ['Basic with a broken escape', grant, basic('app', '%'), 401, 'invalid_client'],
    ['another grant', { ...good, grant_type: 'password' }, {}, 400, 'unsupported_grant_type'],
    ['JSON', good, { 'content-type': 'application/json' }, 400, 'invalid_request'],
  ])('gets none with %s', (_, form, headers, status, error) => {
    const answer = askForToken(form, headers)
    expect([answer.status, JSON.parse(answer.body).error]).toEqual([status, error])
    expect(answer.headers['www-authenticate']).toBe(status === 401 ? 'Basic realm="3scale emulator"' : undefined)
    expect(answer.body).not.toMatch(/ecret|access_token/)
  })
})

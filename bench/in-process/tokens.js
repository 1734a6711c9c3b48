// @ts-check
/** Scenario: access tokens, known or new, and what jose alone needs for the same tokens. */
import { createPrivateKey, createPublicKey, generateKeyPairSync, sign } from 'node:crypto'
import { createLocalJWKSet, jwtVerify } from 'jose'
import { clientIdByClaim } from '../../packages/core/build/credentials/oidc/client-id.js'
import { createKeySet } from '../../packages/core/build/credentials/oidc/key-set.js'
import { loadJose } from '../../packages/core/build/credentials/oidc/load-jose.js'
import { createTokenReader } from '../../packages/core/build/credentials/oidc/token-reader.js'
import { createAnswers } from '../backend/answers.js'
import { gatewayThrough, NEVER_REFRESHED } from '../backend/gateway.js'
import { applicationId, mappingRules, pathOf, userKey } from '../backend/provider.js'

const ISSUER = 'https://sso.example.com/realms/acme'
const APPLICATIONS = 1000
const RULES = 100

/**
 * @param {{ what: 'known' | 'user key' | 'new' | 'jose' }} settings known: a decision about a known token; user key: the
 *   same about a user key in a header; new: from an RS256 token to its client id; jose: `jwtVerify` of the same token
 * @returns {Promise<import('./worker.js').Scenario>}
 */
export async function prepare({ what }) {
  const keys = createKeys()
  const tokens = Array.from({ length: APPLICATIONS }, (_, application) => keys.tokenOf(applicationId(application)))
  if (what === 'jose') {
    const keySet = createLocalJWKSet({ keys: [keys.jwk] })
    const options = { algorithms: ['RS256'], issuer: ISSUER, requiredClaims: ['exp', 'sub', 'aud'] }
    return { asynchronous: true, step: (turn) => jwtVerify(at(tokens, turn), keySet, options) }
  }
  return what === 'new' ? verifying(keys, tokens) : deciding(keys, tokens, what)
}

/**
 * Each token is new to its reader.
 *
 * @param {ReturnType<typeof createKeys>} keys
 * @param {string[]} tokens
 * @returns {Promise<import('./worker.js').Scenario>}
 */
async function verifying({ jwk }, tokens) {
  const current = createKeySet(await loadJose(), { issuer: ISSUER, algorithms: ['RS256'], jwks: { keys: [jwk] } })
  const createReader = () =>
    createTokenReader({
      in: ['authorization'],
      maxBytes: 16_384,
      asApicast: false,
      now: Date.now,
      keys: { current, trouble: undefined, newer: async () => current },
      rules: {
        issuers: undefined,
        audience: undefined,
        algorithms: undefined,
        requiredClaims: ['exp', 'sub', 'aud'],
        typ: undefined,
        clockToleranceMs: 0,
        clientId: clientIdByClaim('azp'),
      },
    })
  const views = tokens.map((token, turn) => viewOf(turn, flat(`Bearer ${token}`)))
  let reader = createReader()
  return {
    asynchronous: true,
    async step(turn) {
      if (turn % tokens.length === 0) reader = createReader()
      const found = await reader.read(/** @type {any} */ (views[turn % views.length]))
      if (found === undefined || !('clientId' in found)) throw new Error('a token was refused')
    },
  }
}

/**
 * @param {ReturnType<typeof createKeys>} keys
 * @param {string[]} tokens
 * @param {string} what
 * @returns {Promise<import('./worker.js').Scenario>}
 */
async function deciding({ jwk }, tokens, what) {
  const service = {
    id: 1,
    backend_version: 'oauth',
    proxy: { authentication_method: 'oidc', oidc_issuer_endpoint: ISSUER, credentials_location: 'authorization' },
  }
  const gateway = gatewayThrough(createAnswers({ limitCount: 3 }), {
    ...(what === 'known'
      ? { proxyConfig: { services: [service], oidc: [{ issuer: ISSUER, keys: { [jwk.kid]: jwk } }] } }
      : { credentials: { in: ['headers'] } }),
    mappingRules: mappingRules(RULES),
    rejection: 'problem',
    cache: { ...NEVER_REFRESHED, maxApplications: APPLICATIONS + 1 },
    report: { intervalMs: 3_600_000, maxPending: 10_000_000 },
  })
  const credentials =
    what === 'known'
      ? tokens.map((token) => ` Bearer ${token}`)
      : tokens.map((_, application) => ` ${userKey(application)}`)
  const views = credentials.map((value, application) => ({
    ...viewOf(application, ''),
    // A new string each time, as in a server: a string that was hashed before would be found faster.
    header: (/** @type {string} */ name) =>
      name === (what === 'known' ? 'authorization' : 'user_key') ? value.slice(1) : undefined,
  }))
  for (const view of views) await gateway.evaluate(view)
  for (const view of views) {
    const decision = gateway.evaluate(view)
    if (/** @type {any} */ (decision).outcome !== 'allow') throw new Error(`not allowed: ${JSON.stringify(decision)}`)
  }
  return {
    step: (turn) =>
      gateway.evaluate(/** @type {import('@threescale/core').RequestView} */ (views[turn % views.length])),
  }
}

/**
 * @param {number} turn
 * @param {string} authorization
 */
function viewOf(turn, authorization) {
  return {
    method: 'GET',
    url: `${pathOf(RULES, turn * 7, turn)}?lang=en`,
    host: 'api.example.com',
    header: (/** @type {string} */ name) => (name === 'authorization' ? authorization : undefined),
  }
}

function createKeys() {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const key = createPrivateKey(privateKey.export({ format: 'pem', type: 'pkcs8' }))
  const jwk = { ...createPublicKey(key).export({ format: 'jwk' }), kid: 'rsa-1', alg: 'RS256', use: 'sig' }
  const header = encode({ alg: 'RS256', kid: jwk.kid, typ: 'JWT' })
  const now = Math.floor(Date.now() / 1000)
  return {
    jwk,
    /** A token like one of Keycloak, of about 1 kB. */
    tokenOf(/** @type {string} */ clientId) {
      const claims = {
        ...{ exp: now + 36_000, iat: now, jti: '6d8f7e6c-7c70-4a0f-9b2a-5a2f1c0d9b8a', iss: ISSUER, aud: 'account' },
        ...{ sub: '7f0e3a52-6d1c-4b3e-9a55-2f1c0d9b8a11', typ: 'Bearer', azp: clientId, acr: '1' },
        realm_access: { roles: ['default-roles-acme', 'offline_access', 'uma_authorization'] },
        ...{ scope: 'profile email', email_verified: false, clientHost: '10.0.0.1', preferred_username: 'service' },
      }
      const input = `${header}.${encode(claims)}`
      return `${input}.${sign('sha256', Buffer.from(input), key).toString('base64url')}`
    },
  }
}

/** As a server has it: one string, and not two that are to be joined. */
const flat = (/** @type {string} */ text) => Buffer.from(text).toString('latin1')

const encode = (/** @type {object} */ value) => Buffer.from(JSON.stringify(value)).toString('base64url')

const at = (/** @type {string[]} */ tokens, /** @type {number} */ turn) =>
  /** @type {string} */ (tokens[turn % tokens.length])

/** The options for access tokens: `credentials` of the kind 'oidc', and `oidc` for the products of a document. */
import { describe, expect, it } from 'vitest'
import type { GatewayOptions } from '../../../src/configuration/options/gateway-options.ts'
import { redactOptions } from '../../../src/configuration/options/redact.ts'
import { resolveOptions } from '../../../src/configuration/options/resolve-options.ts'
import { ConfigError } from '../../../src/errors.ts'

const OPTIONS = { serviceId: '2555417', serviceToken: 'token' }
const ISSUER = 'https://sso.example.com/realms/acme'

function problemsOf(options: object): readonly string[] {
  try {
    resolveOptions({ ...OPTIONS, ...options } as GatewayOptions)
  } catch (error) {
    if (error instanceof ConfigError) return error.problems
    throw error
  }
  return []
}

describe('credentials of the kind oidc', () => {
  const problems = (members: object) => problemsOf({ credentials: { kind: 'oidc', issuer: ISSUER, ...members } })

  it('have the defaults of tokens', () => {
    const { credentials } = resolveOptions({ ...OPTIONS, credentials: { kind: 'oidc', issuer: `${ISSUER}/` } })
    expect(credentials).toEqual({
      kind: 'oidc',
      issuer: ISSUER,
      in: ['authorization'],
      maxBytes: 16_384,
      requiredClaims: ['exp', 'sub', 'aud'],
      clockToleranceMs: 0,
      allowHttp: false,
    })
    expect(Object.isFrozen(credentials)).toBe(true)
  })

  it('take one audience or several', () => {
    const audienceOf = (audience: string | readonly string[]) =>
      resolveOptions({ ...OPTIONS, credentials: { kind: 'oidc', issuer: ISSUER, audience } }).credentials
    expect(audienceOf('mine')).toMatchObject({ audience: ['mine'] })
    expect(audienceOf(['mine', 'ours'])).toMatchObject({ audience: ['mine', 'ours'] })
  })

  it.each([
    [{ issuer: undefined }, 'credentials.issuer is missing'],
    [{ issuer: null }, 'credentials.issuer is null; leave it out (or undefined) to get the default'],
    [{ issuer: 7 }, 'credentials.issuer must be a string, not a number'],
    [{ issuer: 'sso' }, 'credentials.issuer must be an https URL such as https://sso.example.com/realms/acme'],
    [{ issuer: 'https://me:s3cr3t@sso' }, 'credentials.issuer must not contain a user name or password'],
    [
      { issuer: 'http://sso.example.com' },
      'credentials.issuer is plain http to another machine, where others on the way could replace the keys; use https',
    ],
    [{ in: [] }, "credentials.in must be an array of locations such as ['headers', 'query'], not an array"],
    [{ maxBytes: 0 }, 'credentials.maxBytes must be a whole number from 1 to 1048576, not 0'],
    [{ audience: [] }, 'credentials.audience must be an array of strings, not empty'],
    [{ audience: 7 }, 'credentials.audience must be a string or an array of strings, not a number'],
    [{ audience: ['a', ''] }, 'credentials.audience[1] is empty'],
    [{ algorithms: 'RS256' }, "credentials.algorithms must be an array of algorithms such as ['RS256'], not a string"],
    [{ requiredClaims: [7] }, 'credentials.requiredClaims[0] must be a string, not a number'],
    [{ clientId: 7 }, 'credentials.clientId must be a string, not a number'],
    [{ typ: 'JWT' }, "credentials.typ must be 'at+jwt'; did you mean 'at+jwt'?"],
    [{ clockToleranceMs: -1 }, 'credentials.clockToleranceMs must be a whole number from 0 to 2147483647, not -1'],
    [{ allowHttp: 'yes' }, 'credentials.allowHttp must be true or false, not a string'],
    [{ names: {} }, 'credentials.names is no option'],
    [{ audiences: ['a'] }, 'credentials.audiences is no option; did you mean credentials.audience?'],
  ])('have the problem of %j', (members, problem) => {
    expect(problems(members)).toEqual([problem])
  })

  it.each(['HS256', 'none', 'rs256', 'RSA-OAEP', 'ML-DSA-44'])('law 18: never accept the algorithm %s', (algorithm) => {
    expect(problems({ algorithms: ['RS256', algorithm] })).toEqual([
      expect.stringMatching(/^credentials\.algorithms\[1\] must be 'RS256', /),
    ])
  })

  it('may have an issuer at plain http on this machine, or if that is allowed', () => {
    expect(problems({ issuer: 'http://127.0.0.1:8080' })).toEqual([])
    expect(problems({ issuer: 'http://sso.example.com', allowHttp: true })).toEqual([])
  })

  it('are meant by a kind that is nearly oidc', () => {
    expect(problemsOf({ credentials: { kind: 'oidcc' } })).toEqual([
      "credentials.kind must be 'userKey', 'appId' or 'oidc'; did you mean 'oidc'?",
    ])
  })

  it('are shown without their function', () => {
    const options = resolveOptions({ ...OPTIONS, credentials: { kind: 'oidc', issuer: ISSUER, clientId: () => 'a' } })
    expect(redactOptions(options).credentials).toMatchObject({ kind: 'oidc', issuer: ISSUER, clientId: '[function]' })
  })
})

describe('oidc', () => {
  const proxyConfig = { id: 1, proxy: {} }

  it('is for products of a document', () => {
    const sentence =
      "oidc is for products of a proxy configuration; give its members to credentials, whose kind is 'oidc'"
    expect(problemsOf({ oidc: { audience: 'mine' } })).toEqual([sentence])
    expect(problemsOf({ oidc: { audience: 'mine' }, proxyConfig, credentials: () => undefined })).toEqual([sentence])
    expect(problemsOf({ oidc: { audience: 'mine', issuer: ['a', 'b'] }, proxyConfig })).toEqual([])
  })

  it('is suggested for a member that stands outside', () => {
    expect(problemsOf({ audience: 'mine' })).toEqual(['audience is no option; did you mean oidc.audience?'])
  })
})

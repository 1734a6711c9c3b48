/** The policy keycloak_role_check, compared with the steps of APIcast's. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createRoleCheck, type RoleCheckSettings } from '../../src/policies/role-check.ts'
import { FUZZ_RUNS } from '../fuzz-runs.ts'
import { type RequestParts, viewOf } from '../requests.ts'

interface Scope {
  readonly pattern: string
  readonly realm: readonly string[]
  readonly client: readonly (readonly [string, string])[]
}
type Settings = Pick<RoleCheckSettings, 'type' | 'deniesUnmatched'>

const settingsOf = (scopes: readonly Scope[], settings: Partial<Settings> = {}): RoleCheckSettings => ({
  kind: 'keycloak_role_check',
  type: 'whitelist',
  deniesUnmatched: true,
  ...settings,
  scopes: scopes.map(({ pattern, realm, client }) => ({
    pattern,
    methods: ['GET'],
    realmRoles: realm.map((role) => () => role),
    clientRoles: client.map(([name, role]) => ({ client: () => name, role: () => role })),
  })),
})

async function passes(settings: RoleCheckSettings, claims: object | undefined, request: RequestParts) {
  const policy = createRoleCheck(settings, { ignoreCase: undefined, mountPath: undefined })
  const judgement = claims && (await policy.judge!(claims as Record<string, unknown>))
  return (await policy.check(viewOf({ router: {}, ...request }), judgement)) === undefined
}

const reader = (pattern: string): Scope => ({ pattern, realm: ['reader'], client: [] })

describe('the policy keycloak_role_check', () => {
  it('decides as APIcast', async () => {
    const role = fc.constantFrom('reader', 'writer')
    const scope = fc.record({
      pattern: fc.constantFrom('/', '/a', '/a/b'),
      realm: fc.uniqueArray(role),
      client: fc.uniqueArray(fc.tuple(fc.constantFrom('api', 'constructor'), role), { maxLength: 2 }),
    })
    const rolesOf = fc.option(fc.record({ roles: fc.option(fc.uniqueArray(role)) }), { nil: undefined })
    const anyClaims = fc.record({ realm: rolesOf, client: rolesOf })
    const anySettings = fc.record({
      type: fc.constantFrom('whitelist', 'blacklist'),
      deniesUnmatched: fc.boolean(),
    })
    const url = fc.constantFrom('/', '/a', '/a/b', '/c')
    const some = fc.array(scope, { maxLength: 3 })
    await fc.assert(
      fc.asyncProperty(some, anyClaims, anySettings, url, async (scopes, { realm, client }, settings, path) => {
        const matching = scopes.filter(({ pattern }) => path.startsWith(pattern))
        const fits = matching.some(
          (one) =>
            one.realm.every((name) => realm?.roles?.includes(name)) &&
            one.client.every(([owner, name]) => owner === 'api' && client?.roles?.includes(name)),
        )
        const result = fits ? true : matching.length > 0 ? false : undefined
        const allowed =
          settings.type === 'blacklist'
            ? result !== true
            : result === true || (result === undefined && !settings.deniesUnmatched)
        const claims = { realm_access: realm, resource_access: { api: client } }
        expect(await passes(settingsOf(scopes, settings), claims, { url: path })).toBe(allowed)
      }),
      { numRuns: FUZZ_RUNS },
    )
  })

  it('lets no request pass without a token, but for a blacklist', async () => {
    const free: Scope = { pattern: '/', realm: [], client: [] }
    expect(await passes(settingsOf([free]), undefined, {})).toBe(false)
    expect(await passes(settingsOf([], { deniesUnmatched: false }), undefined, {})).toBe(false)
    expect(await passes(settingsOf([free], { type: 'blacklist' }), undefined, {})).toBe(true)
  })

  it.each([
    ['roles that are no list', { realm_access: { roles: 'reader' } }],
    ['roles that are none', { realm_access: 7 }],
    ['inherited roles', { realm_access: Object.create({ roles: ['reader'] }) }],
  ])('does not know %s', async (_what, claims) => {
    expect(await passes(settingsOf([reader('/')]), claims, {})).toBe(false)
  })

  it('law 13: never lets a request pass for which it is unclear what it is for', async () => {
    const claims = { realm_access: { roles: ['reader'] } }
    const request = { url: '/%61', router: { path: '/b' } }
    expect(await passes(settingsOf([reader('/a')]), claims, request)).toBe(false)
    expect(await passes(settingsOf([reader('/b')]), claims, request)).toBe(false)
    expect(await passes(settingsOf([reader('/b')], { deniesUnmatched: false }), claims, request)).toBe(false)
    expect(await passes(settingsOf([reader('/b')], { type: 'blacklist' }), claims, request)).toBe(false)
    expect(await passes(settingsOf([reader('/')]), claims, request)).toBe(true)
  })

  it('knows HEAD as GET', async () => {
    const claims = { realm_access: { roles: ['reader'] } }
    expect(await passes(settingsOf([reader('/')], { type: 'blacklist' }), claims, { method: 'HEAD' })).toBe(false)
  })
})

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { claimText, parseClaimTemplate } from '../../src/credentials/oidc/claim-template.ts'
import { type ClaimOperation, createClaimCheck } from '../../src/policies/claim-check.ts'
import { FUZZ_RUNS } from '../fuzz-runs.ts'
import { type RequestParts, viewOf } from '../requests.ts'

const operation = (claim: string, op: ClaimOperation['op'], value: string): ClaimOperation => {
  return { op, claim: parseClaimTemplate(`{{${claim}}}`, claimText)!, value: () => value }
}
const ADMIN = operation('role', '==', 'admin')
const rule = (operations: readonly ClaimOperation[], more: object = {}) => {
  return { pattern: '/', methods: ['ANY'], combine: 'and' as const, operations, ...more }
}

async function passes(rules: readonly ReturnType<typeof rule>[], claims: object, request: RequestParts = {}) {
  const reading = { ignoreCase: undefined, mountPath: undefined }
  const policy = createClaimCheck({ kind: 'jwt_claim_check', rules, message: 'no' }, reading)
  const judgement = await policy.judge!(claims as Record<string, unknown>)
  return (await policy.check(viewOf({ router: {}, ...request }), judgement)) === undefined
}

describe('the policy jwt_claim_check', () => {
  it('compares the texts of claims', async () => {
    const scalar = fc.constantFrom<unknown>('admin', 'user', '', 7, '7', 1.5, true, 'true', null, undefined)
    const value = fc.constantFrom('admin', '7', '1.5', 'true', '')
    await fc.assert(
      fc.asyncProperty(scalar, value, fc.boolean(), async (claim, compared, equal) => {
        const same = String(claim ?? '') === compared
        const op = operation('a.b', equal ? '==' : '!=', compared)
        expect(await passes([rule([op])], { a: { b: claim } })).toBe(same === equal)
      }),
      { numRuns: FUZZ_RUNS },
    )
  })

  it.each([[['admin']], [{ admin: true }], [2 ** 60]])('never finds a comparison true with %j', async (role) => {
    for (const op of ['==', '!=', 'matches'] as const) {
      expect(await passes([rule([operation('role', op, 'admin')])], { role })).toBe(false)
    }
  })

  it('reads no inherited members', async () => {
    expect(await passes([rule([operation('constructor.name', '==', 'Object')])], {})).toBe(false)
  })

  it('combines operations, and needs every rule for the request', async () => {
    const user = operation('role', '==', 'user')
    expect(await passes([rule([ADMIN, user])], { role: 'admin' })).toBe(false)
    expect(await passes([rule([ADMIN, user], { combine: 'or' })], { role: 'user' })).toBe(true)
    expect(await passes([rule([ADMIN]), rule([user], { pattern: '/other' })], { role: 'admin' })).toBe(true)
    expect(await passes([rule([ADMIN]), rule([user])], { role: 'admin' })).toBe(false)
    expect(await passes([rule([])], {})).toBe(true)
    expect(await passes([rule([], { combine: 'or' })], {})).toBe(false)
  })

  it('matches expressions, in a time that no claim can make long', async () => {
    expect(await passes([rule([operation('role', 'matches', 'dmi')])], { role: 'admin' })).toBe(true)
    expect(await passes([rule([operation('role', 'matches', '^dmi')])], { role: 'admin' })).toBe(false)
    expect(await passes([rule([operation('role', 'matches', '^(a+)+$')])], { role: `${'a'.repeat(9000)}!` })).toBe(
      false,
    )
  })

  it('refuses the token if an expression is none after all', async () => {
    const judged = passes([rule([operation('role', 'matches', '[')])], { role: 'admin' })
    await expect(judged).rejects.toMatchObject({ fault: 'policy_unusable' })
  })

  it.each<[string, RequestParts, boolean]>([
    ['the resource', { url: '/admin/x' }, false],
    ['another path', { url: '/words' }, true],
    ['another method', { url: '/admin', method: 'POST' }, true],
    ['HEAD, which the handler of GET serves', { url: '/admin', method: 'HEAD' }, false],
    ['law 13: the resource by the reading of the router alone', { url: '/words', router: { path: '/admin' } }, true],
    ['law 13: the resource by the reading of the router', { url: '/%77ords', router: { path: '/admin' } }, false],
    ['law 13: the resource by another reading than that of the router', { url: '/%61dmin', router: {} }, false],
    ['a path that is broken', { url: '/%' }, false],
  ])('is asked for a request for %s', async (_what, request, free) => {
    expect(await passes([rule([ADMIN], { pattern: '/admin', methods: ['GET'] })], {}, request)).toBe(free)
  })

  it('takes all claims for absent without a token', async () => {
    const reading = { ignoreCase: undefined, mountPath: undefined }
    const check = (op: ClaimOperation) => {
      const policy = createClaimCheck({ kind: 'jwt_claim_check', rules: [rule([op])], message: 'no' }, reading)
      return policy.check(viewOf({}), undefined)
    }
    expect(await check(operation('role', '!=', 'admin'))).toBeUndefined()
    expect(await check(ADMIN)).toMatchObject({ code: 'claims_not_allowed', answer: { status: 403, body: 'no\n' } })
    expect(await check(operation('role', 'matches', '['))).toMatchObject({ code: 'claims_not_allowed' })
  })

  it('sees a backend that stands alone below its mount path', async () => {
    const reading = { ignoreCase: undefined, mountPath: '/inventory' }
    const rules = [rule([ADMIN], { pattern: '/inventory/admin' })]
    const policy = createClaimCheck({ kind: 'jwt_claim_check', rules, message: 'no' }, reading)
    expect(policy.check(viewOf({ url: '/words', router: {} }), [false])).toBeUndefined()
    expect(policy.check(viewOf({ url: '/admin', router: {} }), [false])).toBeDefined()
  })
})

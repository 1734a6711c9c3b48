import { describe, expect, it } from 'vitest'
import { MAX_INTROSPECTIONS } from '../../src/defaults.ts'
import {
  createTokenIntrospection,
  type Introspection,
  type IntrospectionParts,
  type IntrospectionSettings,
} from '../../src/policies/token-introspection.ts'
import { viewOf } from '../requests.ts'

function setUp(settings: Partial<IntrospectionSettings> = {}, parts: Partial<IntrospectionParts> = {}) {
  const world = {
    now: 1_000_000,
    answer: { active: true, expiresAt: undefined } as Introspection | Error,
    asked: [] as unknown[],
    failures: [] as unknown[],
  }
  const policy = createTokenIntrospection(
    {
      kind: 'token_introspection',
      endpoint: 'https://sso.example.com/introspect',
      authorization: 'Basic Z3c6czNjcmV0',
      maxTokens: 0,
      maxAgeMs: undefined,
      ...settings,
    },
    {
      async ask(...call) {
        world.asked.push(call)
        if (world.answer instanceof Error) throw world.answer
        return world.answer
      },
      issuerEndpoint: () => undefined,
      tokenOf: (view) => view.header('token'),
      now: () => world.now,
      onFailure: (error) => void world.failures.push(error),
      ...parts,
    },
  )
  const ask = async (token: string | undefined) => {
    const headers: Record<string, string> = token === undefined ? {} : { token }
    return policy.check(viewOf({ headers }), undefined)
  }
  return { world, ask }
}

const INACTIVE = { code: 'token_invalid', fault: 'token_inactive' }

describe('the policy token_introspection', () => {
  it('lets a token pass that is active', async () => {
    const { world, ask } = setUp()
    expect(await ask('good')).toBeUndefined()
    expect(world.asked).toEqual([['https://sso.example.com/introspect', 'Basic Z3c6czNjcmV0', 'good']])
    world.answer = { active: false, expiresAt: undefined }
    expect(await ask('good')).toMatchObject(INACTIVE)
  })

  it('refuses a request without a token, and asks about none', async () => {
    const { world, ask } = setUp()
    expect(await ask(undefined)).toMatchObject({ code: 'token_invalid', fault: 'token_missing' })
    expect(world.asked).toEqual([])
  })

  it('law 18: never takes a failure for a yes, and remembers none', async () => {
    const { world, ask } = setUp({ maxTokens: 10, maxAgeMs: 60_000 })
    world.answer = new Error('down')
    expect(await ask('good')).toMatchObject({ code: 'issuer_unavailable' })
    world.answer = { active: true, expiresAt: undefined }
    expect(await ask('good')).toBeUndefined()
    world.answer = new Error('down')
    world.now += 60_000
    expect(await ask('good')).toMatchObject({ code: 'issuer_unavailable' })
    expect(world.failures).toHaveLength(2)
  })

  it.each<[string, Partial<IntrospectionParts>]>([
    ['no endpoint is known', {}],
    [
      'the token cannot be read',
      {
        tokenOf() {
          throw new TypeError('odd')
        },
      },
    ],
  ])('law 18: refuses where %s', async (_what, parts) => {
    const { world, ask } = setUp({ endpoint: undefined }, parts)
    expect(await ask('good')).toMatchObject({ code: 'issuer_unavailable' })
    expect(world.failures).toHaveLength(1)
  })

  it('asks where the issuer says', async () => {
    const { world, ask } = setUp({ endpoint: undefined }, { issuerEndpoint: () => 'https://sso.example.com/of-issuer' })
    expect(await ask('good')).toBeUndefined()
    expect(world.asked).toMatchObject([['https://sso.example.com/of-issuer', expect.anything(), 'good']])
  })

  it.each<[string, Partial<IntrospectionSettings>, number | undefined, number]>([
    ['not without a cache', { maxTokens: 0, maxAgeMs: 60_000 }, 1_060_000, 0],
    ['until it expires', { maxTokens: 10 }, 1_060_000, 60_000],
    ['for the longest time', { maxTokens: 10, maxAgeMs: 10_000 }, undefined, 10_000],
    ['for the shorter of both', { maxTokens: 10, maxAgeMs: 10_000 }, 1_060_000, 10_000],
    ['not without a time', { maxTokens: 10 }, undefined, 0],
  ])('remembers an answer %s', async (_what, settings, expiresAt, forMs) => {
    for (const active of [true, false]) {
      const { world, ask } = setUp(settings)
      world.answer = { active, expiresAt }
      await ask('one')
      world.now += Math.max(0, forMs - 1)
      expect((await ask('one')) === undefined).toBe(active)
      expect(world.asked).toHaveLength(forMs === 0 ? 2 : 1)
      world.now += 1
      await ask('one')
      expect(world.asked).toHaveLength(forMs === 0 ? 3 : 2)
    }
  })

  it('law 10: remembers no more tokens than it may', async () => {
    const { world, ask } = setUp({ maxTokens: 2, maxAgeMs: 60_000 })
    for (const token of ['a', 'b', 'c', 'a', 'b', 'c']) await ask(token)
    expect(world.asked.length).toBeGreaterThan(3)
  })

  it('law 10: asks once for requests that wait for one token, and bounds how many wait', async () => {
    let answer = (_: Introspection) => {}
    const waits = new Promise<Introspection>((resolve) => {
      answer = resolve
    })
    let asked = 0
    const { ask } = setUp(
      {},
      {
        ask() {
          asked++
          return waits
        },
      },
    )
    const same = Array.from({ length: MAX_INTROSPECTIONS }, () => ask('one'))
    expect(await ask('one')).toMatchObject({ code: 'overloaded' })
    const others = Array.from({ length: MAX_INTROSPECTIONS - 1 }, (_, index) => ask(`other-${index}`))
    expect(await ask('one more')).toMatchObject({ code: 'overloaded' })
    answer({ active: true, expiresAt: undefined })
    expect(new Set(await Promise.all([...same, ...others]))).toEqual(new Set([undefined]))
    expect(asked).toBe(MAX_INTROSPECTIONS)
    expect(await ask('one more')).toBeUndefined()
  })
})

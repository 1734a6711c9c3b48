/** Whose rules count for a path, compared with adding up the rules of the product and of one backend alone. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { BackendMounts } from '../../src/mapping/backend-mounts.ts'
import type { Rule } from '../../src/mapping/rule.ts'
import { createUsageReader } from '../../src/mapping/usage-reader.ts'
import { FUZZ_RUNS, FUZZ_TIMEOUT_MS } from '../fuzz-runs.ts'
import { viewOf } from '../requests.ts'

const rule = (pattern: string, metric: string, backend?: string): Rule => {
  return { method: 'GET', pattern, metric, delta: 1, last: false, backend }
}
const MOUNTS: BackendMounts = {
  mounts: [
    { backend: '33', path: '/a/b' },
    { backend: '31', path: '/a' },
    { backend: '32', path: '/orders' },
  ],
  elsewhere: 'nothing',
}
const RULES = [
  rule('/', 'hits'),
  rule('/a/', 'hits.31', '31'),
  rule('/a/{x}', 'any.31', '31'),
  rule('/a/b/x', 'x.33', '33'),
  rule('/orders/', 'hits.32', '32'),
]

function usageOf(url: string, backends: BackendMounts | undefined, rules = RULES, options = {}) {
  const { router = { ignoresTrailingSlash: false }, mountPath } = options as { router?: object; mountPath?: string }
  const read = createUsageReader({ mappingRules: rules, backends, mountPath }).read(viewOf({ url, router }))
  return typeof read === 'object' && 'usage' in read ? { ...read.usage } : read
}

describe('rules of a product with several backends', () => {
  it.each([
    ['/a/x', { hits: 1, 'hits.31': 1, 'any.31': 1 }],
    ['/a/b/x', { hits: 1, 'x.33': 1 }],
    ['/a/b', { hits: 1 }],
    ['/a', { hits: 1 }],
    ['/ab', 'no-match'],
    ['/orders/1', { hits: 1, 'hits.32': 1 }],
    ['/elsewhere', 'no-match'],
  ])('count for %s if they are of the product or of the backend of the path', (url, usage) => {
    expect(usageOf(url, MOUNTS)).toEqual(usage)
  })

  it.each([
    ['nothing', 'no-match'],
    ['product', { hits: 1 }],
    ['everything', { hits: 1, 'odd.31': 1 }],
  ] as const)('elsewhere count as %s', (elsewhere, usage) => {
    expect(usageOf('/odd', { ...MOUNTS, elsewhere }, [...RULES, rule('/odd', 'odd.31', '31')])).toEqual(usage)
  })

  it('stop at a last rule, also of another backend', () => {
    const rules = [{ ...rule('/', 'root.31', '31'), last: true }, rule('/orders/', 'hits.32', '32'), rule('/', 'hits')]
    expect(usageOf('/orders/1', MOUNTS, rules)).toBe('no-match')
  })

  it.each([
    ['/a/..%2Forders/1', '/a/..%2Forders/1'],
    ['/a/%62/x', '/a/%62/x'],
  ])('law 13: %s is ambiguous if the router reads a path of another backend', (url, path) => {
    expect(usageOf(url, MOUNTS, [rule('/', 'hits')], { router: { path } })).toBe('ambiguous')
  })

  it(
    'are the rules of the product and of one backend, whatever stands in the path',
    () => {
      const segment = fc.constantFrom('a', 'b', 'x', 'orders', 'ab', 'a%62', 'or')
      const path = fc.array(segment, { maxLength: 4 }).map((segments) => `/${segments.join('/')}`)
      const patterns = path.map((text) => text.replaceAll('x', '{x}').replaceAll('%62', 'b'))
      const anyRule = fc
        .tuple(patterns, fc.constantFrom(undefined, '31', '32', '33'))
        .map(([pattern, backend]) => rule(pattern, `m.${backend}`, backend))
      fc.assert(
        fc.property(fc.array(anyRule, { maxLength: 6 }), path, (rules, url) => {
          const read = url.replaceAll('%62', 'b')
          const mount = MOUNTS.mounts.find(({ path }) => read === path || read.startsWith(`${path}/`))
          const own = rules.filter(({ backend }) => backend === undefined || backend === mount?.backend)
          const router = { path: read, ignoresTrailingSlash: false }
          const expected = mount === undefined ? 'no-match' : usageOf(url, undefined, own, { router })
          expect(usageOf(url, MOUNTS, rules, { router })).toEqual(expected)
        }),
        { numRuns: FUZZ_RUNS },
      )
    },
    FUZZ_TIMEOUT_MS,
  )

  it('are explained', () => {
    const { explain } = createUsageReader({ mappingRules: RULES, backends: MOUNTS })
    const explained = explain(viewOf({ url: '/a/b/x', router: {} }))
    expect(explained.filter(({ matched }) => matched).map(({ rule }) => rule)).toEqual([
      'GET / -> hits +1',
      'GET /a/b/x -> x.33 +1',
    ])
    expect(explained[1]).toMatchObject({ why: 'it would match, but the path belongs to another backend, or to none' })
  })
})

describe('a backend that stands alone', () => {
  const own: BackendMounts = { mounts: [{ backend: '31', path: '/' }], elsewhere: 'nothing' }

  it(
    'is metered as below its mount path',
    () => {
      const piece = fc.constantFrom('/', 'a', 'b', 'x', 'orders', '%2F', '%61', 'A', '//', '.', '?q=1', '#')
      const anyUrl = fc.array(piece, { maxLength: 6 }).map((pieces) => `/${pieces.join('')}`)
      fc.assert(
        fc.property(
          anyUrl,
          fc.constantFrom({}, { ignoresCase: true }, { ignoresTrailingSlash: true }),
          (url, router) => {
            fc.pre(!url.includes('..'))
            expect(usageOf(url, own, RULES, { router, mountPath: '/a' })).toEqual(
              usageOf(`/a${url}`, own, RULES, { router }),
            )
          },
        ),
        { numRuns: FUZZ_RUNS },
      )
    },
    FUZZ_TIMEOUT_MS,
  )

  it.each(['/../orders/1', '/x/../../orders/1', '/%2e%2e/orders/1'])('is left by no dots: %s', (url) => {
    expect(usageOf(url, own, [rule('/', 'hits')], { mountPath: '/a' })).toBe('ambiguous')
  })

  it.each([
    ['http://backend.example', { hits: 1, 'hits.31': 1 }],
    ['http://backend.example/x?y', { hits: 1, 'hits.31': 1, 'any.31': 1 }],
    ['*', 'no-match'],
  ])('reads targets of other forms: %s', (url, usage) => {
    const path = url.startsWith('http') ? new URL(url).pathname : url
    expect(usageOf(url, own, RULES, { mountPath: '/a', router: { path } })).toEqual(usage)
  })

  it('reads a form for the conditions of rules', () => {
    const rules = [{ ...rule('/a/x', 'paid', '31'), method: 'POST', query: { paid: '1' } }]
    const { read } = createUsageReader({ mappingRules: rules, backends: own, mountPath: '/a' })
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }
    expect(read(viewOf({ method: 'POST', url: '/x', headers, form: 'paid=1', router: {} }))).toMatchObject({
      usage: { paid: 1 },
    })
  })
})

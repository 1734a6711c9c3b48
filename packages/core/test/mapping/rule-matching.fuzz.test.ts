/**
 * Compares the tree of rules with the definition: APIcast's regular expression per rule, with escaped metacharacters.
 */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Rule } from '../../src/mapping/rule.ts'
import { createUsageReader } from '../../src/mapping/usage-reader.ts'
import { FUZZ_RUNS, FUZZ_TIMEOUT_MS } from '../fuzz-runs.ts'
import { viewOf } from '../requests.ts'

/** Few letters, so that patterns often match paths. */
const PIECES = ['a', 'b', 'ab', '.', '-', '/', '/a', '/b', '+', '(', '[', ']', '@', '%20']
const patterns = fc
  .array(fc.constantFrom(...PIECES, '{x}', '{y}', '/{id}'), { maxLength: 9 })
  .chain((pieces) => fc.constantFrom('', '$').map((end) => `/${pieces.join('')}${end}`))
const methods = fc.constantFrom('GET', 'POST', 'ANY')
const rules: fc.Arbitrary<Rule[]> = fc.array(
  fc.record({
    method: methods,
    pattern: patterns,
    metric: fc.constantFrom('hits', 'other'),
    delta: fc.integer({ min: -1, max: 3 }),
    last: fc.boolean(),
  }),
  { maxLength: 12 },
)
/** Without double slashes and dots after slashes: paths that can be read in only one way. */
const paths = fc
  .array(fc.constantFrom(...PIECES), { maxLength: 12 })
  .map((pieces) => `/${pieces.join('')}`)
  .filter((path) => !/\/\/|\/\./.test(path))

function expression(pattern: string): RegExp {
  const anchored = pattern.endsWith('$')
  const text = (anchored ? pattern.slice(0, -1) : pattern).replace(/\/+/g, '/')
  const source = text
    .split(/(\{[^}]+\})/)
    .map((part, index) => (index % 2 === 1 ? '[^/\\[\\]]+' : part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')))
    .join('')
  return new RegExp(`^${source}${anchored ? '$' : ''}`)
}

function expectedUsage(list: readonly Rule[], method: string, path: string): Record<string, number> | 'no-match' {
  const totals: Record<string, number> = {}
  for (const rule of list) {
    if (rule.method !== 'ANY' && rule.method !== method) continue
    if (!expression(rule.pattern).test(path)) continue
    totals[rule.metric] = (totals[rule.metric] ?? 0) + rule.delta
    if (rule.last) break
  }
  const counted = Object.entries(totals).filter(([, total]) => total > 0)
  return counted.length === 0 ? 'no-match' : Object.fromEntries(counted)
}

describe('on paths that can be read in one way', () => {
  test(
    'the tree matches what the expressions match',
    () => {
      fc.assert(
        fc.property(rules, fc.array(paths, { minLength: 1, maxLength: 5 }), methods, (list, urls, method) => {
          const reader = createUsageReader({ mappingRules: list })
          for (const url of urls) {
            const found = reader.read(viewOf({ method, url: `${url}?user_key=a`, router: {} }))
            const usage = typeof found === 'object' && 'usage' in found ? { ...found.usage } : found
            // A router may read brackets in another way than rules do.
            if (usage === 'ambiguous' && /[[\]]/.test(url)) continue
            expect(usage).toEqual(expectedUsage(list, method, url))
          }
        }),
        { numRuns: FUZZ_RUNS },
      )
    },
    FUZZ_TIMEOUT_MS,
  )

  test(
    'the explanation names the rules that count',
    () => {
      fc.assert(
        fc.property(rules, paths, methods, (list, url, method) => {
          const explained = createUsageReader({ mappingRules: list }).explain(viewOf({ method, url, router: {} }))
          const totals: Record<string, number> = {}
          explained.forEach(({ matched }, index) => {
            const { metric, delta } = list[index]!
            if (matched) totals[metric] = (totals[metric] ?? 0) + delta
          })
          const counted = Object.entries(totals).filter(([, total]) => total > 0)
          const usage = counted.length === 0 ? 'no-match' : Object.fromEntries(counted)
          expect(usage).toEqual(expectedUsage(list, method, url))
        }),
        { numRuns: FUZZ_RUNS },
      )
    },
    FUZZ_TIMEOUT_MS,
  )
})

/** How routers read a path. None of this is the matcher's code. */
const ROUTERS: Readonly<Record<string, (path: string) => string>> = {
  'nginx, all decoded': (path) => dots(squeeze(percent(path))),
  'express, as spelled': (path) => upperEscapes(path),
  'find-my-way, slashes kept': (path) => path.replace(/%(?!2f|25)../gi, (one) => percent(one)).replace(/%2f/g, '%2F'),
  'decoded, not normalized': (path) => percent(path),
  'URL, dots only': (path) => dots(upperEscapes(path).replaceAll('%2E', '.')),
  'URL, backslashes are slashes': (path) => upperEscapes(path).replaceAll('\\', '/'),
}

/** Routers that see no escapes at all. */
const DECODING = new Set(['nginx, all decoded', 'decoded, not normalized'])

/** Escapes in either case are the same (RFC 3986, 6.2.2.1), and APIcast's patterns know only upper case. */
function upperEscapes(path: string): string {
  return path.replace(/%[0-9a-f]{2}/gi, (one) => one.toUpperCase())
}

function percent(text: string): string {
  return text.replace(/%([0-9a-f]{2})/gi, (_one, hex) => String.fromCharCode(Number.parseInt(hex, 16)))
}

function squeeze(path: string): string {
  return path.replace(/\/+/g, '/')
}

function dots(path: string): string {
  const out: string[] = []
  const segments = path.split('/').slice(1)
  for (const segment of segments) {
    if (segment === '..') out.pop()
    else if (segment !== '.') out.push(segment)
  }
  if (/^\.{1,2}$/.test(segments.at(-1) ?? '')) out.push('')
  return `/${out.join('/')}`
}

describe('law 13: on odd paths', () => {
  const odd = fc
    .array(
      fc.constantFrom(
        'a',
        'b',
        '/',
        '//',
        '/.',
        '/..',
        '/%2e',
        '/%2E%2e',
        '%2F',
        '%2f',
        '%5C',
        '\\',
        '%61',
        '%62',
        '/a',
        '/b',
        '%',
        '%zz',
        '%00',
        '%C3%A9',
        '.',
      ),
      { minLength: 1, maxLength: 10 },
    )
    .map((pieces) => `/${pieces.join('')}`)
  const plainRules: fc.Arbitrary<Rule[]> = fc.array(
    fc.record({
      method: fc.constant('GET'),
      pattern: fc
        .array(fc.constantFrom('a', 'b', '/', '/a', '/b', '/{x}'), { maxLength: 5 })
        .map((pieces) => `/${pieces.join('')}`.replace(/\/+/g, '/')),
      metric: fc.constantFrom('m1', 'm2', 'm3'),
      delta: fc.constant(1),
      last: fc.boolean(),
    }),
    { minLength: 1, maxLength: 6 },
  )

  const get = (pattern: string) => ({ method: 'GET', pattern, metric: 'm1', delta: 1, last: false })
  // Found by long runs.
  const FOUND: [Rule[], string][] = [[[get('/b'), get('/')], '/b/%2E%2e/%62a']]

  test(
    'a path is counted as every router reads it, or refused',
    () => {
      fc.assert(
        fc.property(plainRules, odd, (list, url) => {
          const found = createUsageReader({ mappingRules: list }).read(viewOf({ url }))
          if (typeof found === 'string') return
          const usage = { ...(found as { usage: object }).usage }
          for (const [router, read] of Object.entries(ROUTERS)) {
            const path = read(url)
            const served = expectedUsage(list, 'GET', path)
            // A path with an unusual spelling that matches no rule is served by no metered route.
            if (served === 'no-match' && !DECODING.has(router)) continue
            expect([router, path, served]).toEqual([router, path, usage])
          }
        }),
        { numRuns: FUZZ_RUNS, examples: FOUND },
      )
    },
    FUZZ_TIMEOUT_MS,
  )
})

test(
  'no target makes the matcher throw',
  () => {
    const reader = createUsageReader({
      mappingRules: [
        { method: 'GET', pattern: '/{a}/x{b}y{c}z$', metric: 'hits', delta: 1, last: false },
        { method: 'ANY', pattern: '/?q={x}&r=1', metric: 'hits', delta: 1, last: false },
      ],
      caseInsensitivePaths: true,
    })
    const targets = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 200 }),
      fc.string({ unit: fc.constantFrom(...'/.%?#&=\\2eEfF5cC;:@+~ xyzh\u00e9\u0000'), maxLength: 60 }),
      fc.webUrl({ withQueryParameters: true, withFragments: true }),
    )
    fc.assert(
      fc.property(targets, fc.constantFrom('GET', 'POST', 'CONNECT', ''), (url, method) => {
        const view = viewOf({
          method,
          url,
          headers: { 'content-type': 'application/x-www-form-urlencoded' },
          form: 'r=1',
        })
        const found = reader.read(view)
        expect(typeof found === 'string' || 'usage' in found).toBe(true)
        reader.explain(view)
      }),
      { numRuns: FUZZ_RUNS },
    )
  },
  FUZZ_TIMEOUT_MS,
)

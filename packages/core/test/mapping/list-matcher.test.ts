/** The first of several lists that a request matches, compared with matching each list alone. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createListMatcher } from '../../src/mapping/list-matcher.ts'
import type { Rule } from '../../src/mapping/rule.ts'
import { FUZZ_RUNS, FUZZ_TIMEOUT_MS } from '../fuzz-runs.ts'
import { viewOf } from '../requests.ts'

const rule = (pattern: string, method = 'GET'): Rule => ({ method, pattern, metric: 'hits', delta: 0, last: false })

const anyRule = fc
  .record({
    method: fc.constantFrom('GET', 'GET', 'POST', 'ANY'),
    pattern: fc.constantFrom('/', '/a', '/a/', '/a$', '/b', '/a/b', '/{x}', '/a/{x}/c', '/A', '/b?q=1', '/%61b'),
    last: fc.boolean(),
  })
  .map(({ method, pattern, last }): Rule => ({ ...rule(pattern, method), last }))

const anyView = fc
  .record({
    method: fc.constantFrom('GET', 'POST', 'HEAD', 'get'),
    path: fc.array(fc.constantFrom('/', 'a', 'b', 'A', '%61', '%2F', '..', 'c', '//'), { maxLength: 6 }),
    query: fc.constantFrom('', '?q=1', '?q=2', '?q=1&q=2'),
    router: fc.option(
      fc.record({
        path: fc.constantFrom('/a', '/b', '/a/b', '/A', '/', undefined),
        ignoresCase: fc.boolean(),
        ignoresTrailingSlash: fc.boolean(),
      }),
      { nil: undefined },
    ),
  })
  .map(({ method, path, query, router }) => viewOf({ method, url: `/${path.join('')}${query}`, router }))

describe('a list matcher', () => {
  it(
    'finds the first list that matches alone',
    () => {
      const lists = fc.array(fc.array(anyRule, { maxLength: 4 }), { minLength: 1, maxLength: 4 })
      let found = 0
      fc.assert(
        fc.property(lists, anyView, (rules, view) => {
          const together = createListMatcher(rules, undefined, false).match(view)
          const alone = rules.map((list) => createListMatcher([list], undefined, false).match(view))
          const first = alone.findIndex((one) => one !== -1)
          // Rules of other lists can make a path ambiguous, but never change which list is first.
          if (together === 'ambiguous') return
          found++
          expect(together).toBe(first)
          if (first !== -1) expect(alone[first]).toBe(0)
        }),
        { numRuns: FUZZ_RUNS * 3 },
      )
      expect(found).toBeGreaterThan(FUZZ_RUNS / 2)
    },
    FUZZ_TIMEOUT_MS,
  )

  it('compares lists, not rules: several readings may match other rules of one list', () => {
    const lists = createListMatcher([[rule('/x')], [rule('/a'), rule('/')]], undefined, false)
    expect(lists.match(viewOf({ url: '/%61' }))).toBe(1)
  })

  const slashes = { ignoresTrailingSlash: true }

  it.each([
    ['another list by the reading of the router', [[rule('/b')], [rule('/')]], '/%63', { path: '/b' }],
    ['a list before, for the same route with a slash at its end', [[rule('/a/')], [rule('/')]], '/a', slashes],
    ['no list, while the router reads one', [[rule('/b')]], '/%63', { path: '/b' }],
  ])('is ambiguous where a request matches %s', (_what, lists, url, router) => {
    expect(createListMatcher(lists, undefined, false).match(viewOf({ url, router }))).toBe('ambiguous')
  })

  it('takes the list of a path, although the same route with a slash at its end is of a later one', () => {
    const lists = createListMatcher([[rule('/a$')], [rule('/')]], undefined, false)
    expect(lists.match(viewOf({ url: '/a', router: slashes }))).toBe(0)
  })

  it('finds nothing, however the router reads a request that is denied then', () => {
    const lists = createListMatcher([[rule('/b')]], undefined, true)
    expect(lists.match(viewOf({ url: '/%63', router: { path: '/b' } }))).toBe(-1)
  })

  it('takes an unreadable list for one that matches', () => {
    const lists = createListMatcher([[rule('/a')], undefined, [rule('/b')]], undefined, false)
    expect(['/a', '/b'].map((url) => lists.match(viewOf({ url })))).toEqual([0, 1])
  })

  it('asks the handler of GET for HEAD, unless a rule is for HEAD', () => {
    const view = viewOf({ method: 'HEAD', url: '/a' })
    expect(createListMatcher([[rule('/')], [rule('/a', 'ANY')]], undefined, false).match(view)).toBe(0)
    expect(createListMatcher([[rule('/')], [rule('/a', 'HEAD')]], undefined, false).match(view)).toBe(1)
  })
})

/** The usage of a request: fixed, by function, by rules; and the identity of its shape. */
import { describe, expect, test } from 'vitest'
import type { Rule } from '../../src/mapping/rule.ts'
import { UsageError } from '../../src/mapping/usage-error.ts'
import { createUsageReader } from '../../src/mapping/usage-reader.ts'
import { type RequestParts, viewOf } from '../requests.ts'

function rule(line: string, more: Partial<Rule> = {}): Rule {
  const [method = '', pattern = '', metric = 'hits'] = line.split(' ')
  return { method, pattern, metric, delta: 1, last: false, ...more }
}

function readWith(rules: readonly Rule[], request: RequestParts, caseInsensitivePaths = false) {
  const found = createUsageReader({ mappingRules: rules, caseInsensitivePaths }).read(viewOf(request))
  return typeof found === 'object' && 'usage' in found ? { ...found.usage } : found
}

describe('a fixed usage', () => {
  test('is the same shape for every request', () => {
    const reader = createUsageReader({ usage: { hits: 2 } })
    expect(reader.read(viewOf({}))).toBe(reader.read(viewOf({ url: '/other' })))
    expect(reader.read(viewOf({}))).toMatchObject({ usage: { hits: 2 }, metrics: ['hits'], amounts: [2] })
    expect(reader.explain(viewOf({}))).toEqual([])
  })

  test('without metrics is no match; with amounts of 0 it asks without counting', () => {
    expect(createUsageReader({ usage: {} }).read(viewOf({}))).toBe('no-match')
    expect(createUsageReader({}).read(viewOf({}))).toBe('no-match')
    expect(createUsageReader({ usage: { hits: 0 } }).read(viewOf({}))).toMatchObject({ amounts: [0] })
  })
})

describe('a function', () => {
  test('gives one shape for equal usages, whatever the order of metrics', () => {
    let usage: Record<string, number> = { a: 1, b: 2 }
    const reader = createUsageReader({ usage: () => usage })
    const first = reader.read(viewOf({}))
    usage = { b: 2, a: 1 }
    expect(reader.read(viewOf({}))).toBe(first)
    usage = { a: 1, b: 3 }
    expect(reader.read(viewOf({}))).not.toBe(first)
  })

  test('may be async, and may find nothing', async () => {
    expect(await createUsageReader({ usage: async () => ({ hits: 1 }) }).read(viewOf({}))).toMatchObject({
      amounts: [1],
    })
    expect(await createUsageReader({ usage: async () => undefined }).read(viewOf({}))).toBe('no-match')
    expect(createUsageReader({ usage: () => ({}) }).read(viewOf({}))).toBe('no-match')
  })

  test.each([
    [{ hits: -1 }],
    [{ hits: 1.5 }],
    [{ hits: Number.NaN }],
    [{ hits: 2 ** 53 }],
    [{ hits: -0 }],
    [{ hits: '1' }],
    [{ 'a[b]': 1 }],
    [{ '': 1 }],
    [[1]],
    ['hits'],
    [7],
  ])('throws UsageError if it returns %j', (usage) => {
    const reader = createUsageReader({ usage: (() => usage) as never })
    expect(() => reader.read(viewOf({}))).toThrow(UsageError)
    // Not even if a similar usage was seen before.
    expect(() => reader.read(viewOf({}))).toThrow(UsageError)
  })

  test('may throw or reject; the error is passed on', async () => {
    const error = new Error('mine')
    const fail = () => {
      throw error
    }
    expect(() => createUsageReader({ usage: fail }).read(viewOf({}))).toThrow(error)
    await expect(createUsageReader({ usage: async () => fail() }).read(viewOf({}))).rejects.toBe(error)
  })

  test('may give a metric any name of an object member', () => {
    const usage = JSON.parse('{"__proto__": 1, "constructor": 2}')
    const found = createUsageReader({ usage: () => usage }).read(viewOf({}))
    expect(found).toMatchObject({ metrics: ['__proto__', 'constructor'], amounts: [1, 2] })
  })

  test('keeps a bounded number of shapes', () => {
    let hits = 0
    const reader = createUsageReader({ usage: () => ({ hits: hits++ }) })
    for (let call = 0; call < 5_000; call++) reader.read(viewOf({}))
    expect(reader.read(viewOf({}))).toMatchObject({ amounts: [5_000] })
  })
})

describe('mapping rules', () => {
  test('the same rules give the same shape, as do other rules with the same sum', () => {
    const reader = createUsageReader({
      mappingRules: [rule('GET /a'), rule('GET /a/b other'), rule('GET /c other'), rule('GET /c')],
    })
    const read = (url: string) => reader.read(viewOf({ url }))
    expect(read('/a/b?x=1')).toBe(read('/a/b/c'))
    expect(read('/a')).not.toBe(read('/a/b'))
    expect(read('/c')).toBe(read('/a/b'))
  })

  test('a query in the pattern is a condition if the rule has no separate conditions', () => {
    const rules = [rule('GET /a?x=1&y={any}')]
    expect(readWith(rules, { url: '/a?y&x=1' })).toEqual({ hits: 1 })
    expect(readWith(rules, { url: '/a?x=1' })).toBe('no-match')
    expect(readWith(rules, { url: '/a?x=2&y=1' })).toBe('no-match')
    expect(readWith([rule('GET /a?x=1', { query: {} })], { url: '/a' })).toEqual({ hits: 1 })
  })

  test('a parameter without a value in the pattern must be present', () => {
    const rules = [rule('GET /a?flag&next=//b hits')]
    expect(readWith(rules, { url: '/a?flag&next=//b' })).toEqual({ hits: 1 })
    expect(readWith(rules, { url: '/a?flag=no&next=//b' })).toEqual({ hits: 1 })
    expect(readWith(rules, { url: '/a?next=//b' })).toBe('no-match')
    expect(readWith(rules, { url: '/a?flag&next=/b' })).toBe('no-match')
  })

  test('the value of a condition is compared as stored and decoded', () => {
    const rules = [rule('GET /a', { query: { q: 'a%20b' } })]
    expect(readWith(rules, { url: '/a?q=a%20b' })).toEqual({ hits: 1 })
    expect(readWith(rules, { url: '/a?q=a+b' })).toEqual({ hits: 1 })
    expect(readWith(rules, { url: '/a?q=a%2520b' })).toEqual({ hits: 1 })
    expect(readWith([rule('GET /a?q=é')], { url: '/a?q=%C3%A9' })).toEqual({ hits: 1 })
  })

  test('a parameter counts only as every reader of it has it', () => {
    const rules = [rule('GET /a'), rule('GET /a?q=1 paid')]
    expect(readWith(rules, { url: '/a?q=1&q=1' })).toEqual({ hits: 1, paid: 1 })
    expect(readWith(rules, { url: '/a?q=2&q=3' })).toEqual({ hits: 1 })
    // APIcast reads the last value, some frameworks the first.
    expect(readWith(rules, { url: '/a?q=2&q=1' })).toBe('ambiguous')
    expect(readWith(rules, { url: '/a?q=1&q=2' })).toBe('ambiguous')
    // APIcast denies this one, whatever else a handler sees.
    expect(readWith([rule('GET /a?q=1')], { url: '/a?q=1&q=2' })).toBe('no-match')
    // Bytes of UTF-8 that were not escaped are other letters for a handler.
    expect(readWith([rule('GET /a?q=é')], { url: '/a?q=\u00c3\u00a9' })).toBe('ambiguous')
  })

  test('all arguments are read, not only the first hundred', () => {
    const filler = Array.from({ length: 150 }, (_, index) => `x${index}=1`).join('&')
    expect(readWith([rule('GET /a?paid=1')], { url: `/a?${filler}&paid=1` })).toEqual({ hits: 1 })
  })

  test('form fields are read beside the query, of forms only', () => {
    const rules = [rule('ANY /a?x=1')]
    const headers = { 'content-type': 'Application/X-WWW-Form-Urlencoded; charset=utf-8' }
    expect(readWith(rules, { method: 'POST', url: '/a?x=2', form: 'x=1', headers })).toBe('ambiguous')
    expect(readWith(rules, { method: 'POST', url: '/a', form: 'x=1', headers })).toEqual({ hits: 1 })
    expect(readWith(rules, { method: 'PATCH', url: '/a?x=1', form: 'y=1', headers })).toEqual({ hits: 1 })
    expect(readWith(rules, { method: 'POST', url: '/a?x=1', form: 'x=2', headers })).toBe('no-match')
    expect(readWith(rules, { method: 'DELETE', url: '/a?x=1', form: 'x=2', headers })).toEqual({ hits: 1 })
    expect(readWith(rules, { method: 'POST', url: '/a?x=1', form: 'x=2' })).toEqual({ hits: 1 })
    expect(readWith([rule('ANY /a?x=é')], { method: 'PUT', url: '/a', form: 'x=%C3%A9', headers })).toEqual({ hits: 1 })
  })

  test('deltas that add up to more than a safe integer are an error of the configuration', () => {
    const rules = [rule('GET /', { delta: Number.MAX_SAFE_INTEGER }), rule('GET /')]
    expect(() => readWith(rules, { url: '/' })).toThrow(UsageError)
  })

  test.each([
    ['/v1/Words', '/V1/wORDS/x'],
    ['/v1/caf%C3%A9', '/V1/CAF%c3%a9'],
    ['/v1/%20X', '/V1/%20x'],
  ])('with caseInsensitivePaths %s matches %s', (pattern, url) => {
    expect(readWith([rule(`GET ${pattern}`)], { url }, true)).toEqual({ hits: 1 })
    expect(readWith([rule(`GET ${pattern}`)], { url })).toBe('no-match')
  })

  test('names of wildcards and of conditions keep their case', () => {
    expect(readWith([rule('GET /{Id}?Q={X}')], { url: '/A?Q=1' }, true)).toEqual({ hits: 1 })
    expect(readWith([rule('GET /{Id}?Q={X}')], { url: '/A?q=1' }, true)).toBe('no-match')
  })

  test('HEAD is not covered by GET, unknown methods only by ANY', () => {
    expect(readWith([rule('GET /')], { method: 'HEAD' })).toBe('no-match')
    expect(readWith([rule('ANY /'), rule('GET /')], { method: 'PROPFIND' })).toEqual({ hits: 1 })
  })
})

describe('targets', () => {
  const rules = [rule('GET /v1/words')]
  test.each([
    ['http://api.test/v1/words/x'],
    ['HTTPS://user@api.test:8443/v1/words'],
    ['http://[::1]/v1/words?x=http://y/'],
    ['foo+bar://x/v1/words'],
  ])('scheme and authority of %s are removed', (url) => {
    expect(readWith(rules, { url })).toEqual({ hits: 1 })
  })

  test.each([
    ['*', 'no-match'],
    ['', 'ambiguous'],
    ['v1/words', 'ambiguous'],
    ['api.test:443', 'ambiguous'],
    ['http://api.test\\v1/words', 'no-match'],
    ['?/v1/words', 'ambiguous'],
  ])('%j is %s', (url, expected) => {
    expect(readWith(rules, { url })).toBe(expected)
  })

  test('an absolute target without a path has the root', () => {
    expect(readWith([rule('GET /$')], { url: 'http://api.test' })).toEqual({ hits: 1 })
    expect(readWith([rule('GET /$')], { url: 'http://api.test?a=b/c' })).toEqual({ hits: 1 })
  })
})

describe('law 13: what is metered is what is served', () => {
  const rules = [rule('GET /v1/words/{word} lookup'), rule('GET /v1/admin admin'), rule('GET /v1 hits')]

  test.each([
    ['/v1/words/x', { lookup: 1, hits: 1 }],
    ['/v1/words/x%2Fy', { lookup: 1, hits: 1 }],
    ['/v1/words/a%20b', { lookup: 1, hits: 1 }],
    ['/v1/words/caf%c3%a9', { lookup: 1, hits: 1 }],
    ['/v1/words/caf\u00c3\u00a9', { lookup: 1, hits: 1 }],
    ['/v1/words/{x}', { lookup: 1, hits: 1 }],
    ['/v1/words/%78', { lookup: 1, hits: 1 }],
    ['/v1/words/x/', { lookup: 1, hits: 1 }],
    ['/v1/words/x//y', { lookup: 1, hits: 1 }],
    ['/v1/words/x/./y', { lookup: 1, hits: 1 }],
    ['/v1/words/.hidden', { lookup: 1, hits: 1 }],
    ['/v1/other/../else', { hits: 1 }],
  ])('%s is counted as APIcast counts it', (url, usage) => {
    expect(readWith(rules, { url })).toEqual(usage)
  })

  test.each([
    ['/v1/words/../admin'],
    ['/v1/words/%2e%2e/admin'],
    ['/v1/words/x/../../admin'],
    ['/v1/words%2Fx'],
    ['/v1//words/x'],
    ['//v1/words/x'],
    ['/v1/x\\..\\words/y'],
    ['/v1\\words\\x'],
    ['/v1/words/#x'],
    ['/v1#/../v2/words/x'],
    ['/v1/words/%00'],
    ['/v1/words/%'],
    ['/v1/words/%zz'],
    ['/v1/words/%C3%2'],
    ['/../v1/words/x'],
    ['/v1/%77ords/x'],
    ['http://api.test/v1/words/../admin'],
  ])('%s is refused', (url) => {
    expect(readWith(rules, { url })).toBe('ambiguous')
  })

  test('an escaped letter is a letter where the router decodes it', () => {
    const router = { path: '/v1/words/x' }
    expect(readWith(rules, { url: '/v1/%77ords/x', router })).toEqual({ lookup: 1, hits: 1 })
    expect(readWith(rules, { url: '/v1/%77ords/x', router: {} })).toBe('ambiguous')
  })

  test('the case of a path matters where no route may ignore it, or the caller of the reader says so', () => {
    const mappingRules = [rule('ANY /'), rule('GET /words paid')]
    const read = (mayIgnoreCase: boolean, caseInsensitivePaths?: boolean) => {
      const reader = createUsageReader({ mappingRules, caseInsensitivePaths })
      return reader.read(viewOf({ url: '/Words', router: { ignoresCase: false, mayIgnoreCase } }))
    }
    expect(read(false)).toMatchObject({ usage: { hits: 1 } })
    expect(read(true)).toBe('ambiguous')
    expect(read(true, false)).toMatchObject({ usage: { hits: 1 } })
    expect(read(true, true)).toMatchObject({ usage: { hits: 1, paid: 1 } })
  })

  test.each(['get', 'Head', 'GET ', 'GÉT'])('a method that nginx refuses (%j) is counted by no rule', (method) => {
    expect(readWith([rule('ANY /')], { method, router: { ignoresCase: true } })).toBe('ambiguous')
    expect(readWith([rule('ANY /')], { method: 'M-SEARCH' })).toEqual({ hits: 1 })
  })

  test('a path where a wildcard of a route may be nothing but slashes is ambiguous', () => {
    const rules = [rule('ANY /'), rule('GET /files/{rest} paid'), rule('GET /a/{rest}/b paid')]
    for (const url of ['/files//', '/files////', '/a//b', '/a///b', '/x//y//z']) {
      expect(readWith(rules, { url, router: {} }), url).toBe('ambiguous')
    }
    expect(readWith(rules, { url: '/x//y', router: {} })).toEqual({ hits: 1 })
    expect(readWith([rule('ANY /')], { url: '/x//y//z', router: {} })).toEqual({ hits: 1 })
  })

  test('a router may merge slashes where it resolves no dots', () => {
    const rules = [rule('ANY /'), rule('GET /t/{tenant}/f$ paid')]
    expect(readWith(rules, { url: '/t/.//f', router: {} })).toBe('ambiguous')
    expect(readWith(rules, { url: '/t//./f', router: {} })).toBe('ambiguous')
  })

  test('a router that merges slashes may ignore the case and the slash at the end, too', () => {
    const rules = [rule('ANY /'), rule('GET /api/dear$ paid')]
    const read = (url: string, router: RequestParts['router']) => {
      const reader = createUsageReader({ mappingRules: rules })
      return reader.read(viewOf({ url, router }))
    }
    expect(read('/api//dear/', { ignoresTrailingSlash: true })).toBe('ambiguous')
    expect(read('/api//DEAR', { mayIgnoreCase: true })).toBe('ambiguous')
  })

  test('a slash after a wildcard counts where the router minds it', () => {
    const rules = [rule('ANY /'), rule('GET /t/{tenant}/$ root')]
    const request = (ignoresTrailingSlash: boolean) => ({ url: '/t/x', router: { ignoresTrailingSlash } })
    expect(readWith(rules, request(false))).toEqual({ hits: 1 })
    expect(readWith(rules, request(true))).toBe('ambiguous')
  })

  test('a slash at the end counts where the router minds it', () => {
    const rules = [rule('GET /'), rule('GET /dear/ paid'), rule('GET /list$ all')]
    const lax = { ignoresTrailingSlash: true }
    expect(readWith(rules, { url: '/dear', router: lax })).toBe('ambiguous')
    expect(readWith(rules, { url: '/dear', router: {} })).toEqual({ hits: 1 })
    expect(readWith(rules, { url: '/dear/', router: lax })).toEqual({ hits: 1, paid: 1 })
    expect(readWith(rules, { url: '/list/', router: lax })).toBe('ambiguous')
    expect(readWith(rules, { url: '/list/', router: {} })).toEqual({ hits: 1 })
    expect(readWith(rules, { url: '/other/', router: lax })).toEqual({ hits: 1 })
    expect(readWith([rule('GET /dear/')], { url: '/dear', router: lax })).toBe('no-match')
  })

  test('letter case counts as the router reads it, or as configured', () => {
    const rules = [rule('GET /'), rule('GET /dear paid')]
    const lax = { ignoresCase: true }
    const read = (router: RequestParts['router'], configured?: boolean) => {
      const reader = createUsageReader({ mappingRules: rules, caseInsensitivePaths: configured })
      const found = reader.read(viewOf({ url: '/DEAR', router }))
      return typeof found === 'object' && 'usage' in found ? { ...found.usage } : found
    }
    expect(read({})).toEqual({ hits: 1 })
    expect(read(lax)).toEqual({ hits: 1, paid: 1 })
    expect(read({}, true)).toEqual({ hits: 1, paid: 1 })
    expect(read(lax, false)).toBe('ambiguous')
  })

  test('a path that no reading meters is no match', () => {
    expect(readWith(rules, { url: '/v2//x/..%2fy' })).toBe('no-match')
    expect(readWith([rule('POST /')], { url: '/v2//x' })).toBe('no-match')
  })

  test('with caseInsensitivePaths the readings are compared in lower case', () => {
    expect(readWith(rules, { url: '/V1/WORDS/../ADMIN' }, true)).toBe('ambiguous')
    expect(readWith(rules, { url: '/V1/WORDS/X%2FY' }, true)).toEqual({ lookup: 1, hits: 1 })
  })
})

describe('hostile input takes no time', () => {
  test.each([
    ['many wildcards', `/${'{a}x'.repeat(60)}$`, `/${'x'.repeat(16_000)}`],
    ['wildcards in a row', `/${'{a}'.repeat(80)}!`, `/${'y'.repeat(16_000)}`],
    ['wildcards over segments', `/${'{a}x/'.repeat(60)}$`, `/${'xx/'.repeat(5_000)}`],
    ['escapes', `/${'{a}x'.repeat(60)}$`, `/${'%78'.repeat(5_000)}`],
    ['dots', '/{a}/{b}/c$', `/${'a/../'.repeat(3_000)}`],
    ['slashes', '/{a}/{b}/c$', '/'.repeat(16_000)],
    ['everything odd', '/{a}x{b}x{c}$', `/${'%2e%2E/%2F//\\x%5C./'.repeat(800)}`],
    ['a huge query', '/a?x=1&y={z}', `/a?${'x&'.repeat(8_000)}`],
  ])('%s', (_name, pattern, url) => {
    const rules = Array.from({ length: 200 }, (_, index) => rule(`GET ${pattern} m${index}`))
    readWith(rules, { url })
  })

  test('a pattern of the maximum length, and a longer one', () => {
    const longest = `/${'{a}'.repeat(1365)}`
    expect(readWith([rule(`GET ${longest}`)], { url: `/${'a'.repeat(1365)}` })).toEqual({ hits: 1 })
    expect(readWith([rule(`GET ${longest}`)], { url: `/${'a'.repeat(1364)}` })).toBe('no-match')
    expect(() => readWith([rule(`GET ${longest}b`)], {})).toThrow(/mapping rule 0/)
  })

  test('ten thousand rules with wildcards', () => {
    const rules = Array.from({ length: 10_000 }, (_, index) => rule(`GET /{a}x${index}{b}y/{c}z${index}$`))
    expect(readWith(rules, { url: `/${'x1'.repeat(500)}${'y'.repeat(500)}/qz1` })).not.toBe('ambiguous')
  })
})

test('the explanation says for each rule why it counts or not', () => {
  const reader = createUsageReader({
    mappingRules: [
      rule('POST /a'),
      rule('GET /b'),
      rule('GET /a?q=1&r={r}'),
      rule('GET /a{x} other', { last: true, delta: 2 }),
      rule('GET /'),
    ],
  })
  expect(reader.explain(viewOf({ url: '/ab?q=1' }))).toEqual([
    { rule: 'POST /a -> hits +1', matched: false, why: 'the method is GET, not POST' },
    { rule: 'GET /b -> hits +1', matched: false, why: 'the path does not match' },
    { rule: 'GET /a?q=1&r={r} -> hits +1', matched: false, why: 'the parameter "r" is missing' },
    { rule: 'GET /a{x} -> other +2, last', matched: true, why: 'method, path and query match' },
    {
      rule: 'GET / -> hits +1',
      matched: false,
      why: 'it would match, but an earlier rule that matches is the last one',
    },
  ])
  const head = createUsageReader({ mappingRules: [rule('ANY /'), rule('GET /a')] })
  const counted = head.explain(viewOf({ method: 'HEAD', url: '/a' })).map(({ matched }) => matched)
  expect([counted, head.read(viewOf({ method: 'HEAD', url: '/a' }))]).toMatchObject([
    [true, true],
    { usage: { hits: 2 } },
  ])
  expect(reader.explain(viewOf({ url: '/a/../b' }))[1]).toMatchObject({
    matched: false,
    why: 'the path can be read in several ways, and not all of them match',
  })
})

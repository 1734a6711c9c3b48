/** Law 13: for any spelling of a path, the request is metered as the handler that serves it. */
import type { GatewayOptions } from '@threescale/core'
import fc from 'fast-check'
import inject from 'light-my-request'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { SERVICE, TOKEN, useEmulator } from './backend.ts'
import type { App, Call } from './framework.ts'
import { frameworksAndFetch } from './frameworks/all.ts'
import { ask } from './wire.ts'

const RULES = [
  { method: 'GET', pattern: '/v1/words/{word}', metric: 'lookup' },
  { method: 'GET', pattern: '/v1/admin', metric: 'tokens', delta: 5 },
]
const EVERYTHING = { method: 'GET', pattern: '/', metric: 'hits' }

/** The usage that belongs to each handler, for any spelling. */
const USAGE: Readonly<Record<string, string>> = { words: '{"lookup":1}', admin: '{"tokens":5}' }
const USAGE_WITH_HITS: Readonly<Record<string, string>> = {
  words: '{"hits":1,"lookup":1}',
  admin: '{"hits":1,"tokens":5}',
}

const SPELLINGS = [
  '/v1/words/x',
  '/V1/WORDS/x',
  '/v1/words/x/',
  '/v1/words',
  '/v1/words/',
  '/v1/words/x//',
  '/v1//words/x',
  '//v1/words/x',
  '///v1/words/x',
  '/v1/words//x',
  '/./v1/words/x',
  '/v1/./words/x',
  '/v1/words/./x',
  '/v1/words/.',
  '/v1/words/..',
  '/v1/words/../words/x',
  '/v1/../v1/words/x',
  '/v1/words/x/..',
  '/v1/words/x/../../admin/y',
  '/v1/words/../admin/y',
  '/v1/words/%2e%2e/admin/y',
  '/v1/words/%2E%2E/admin/y',
  '/v1/words/.%2e/admin/y',
  '/v1/words/..%2fadmin/y',
  '/v1/words/..%5cadmin/y',
  '/v1/words/..;/admin/y',
  '/v1/admin/../words/x',
  '/v1/admin%2f..%2fwords/x',
  '/v1/%77ords/x',
  '/v1/%57ords/x',
  '/%76%31/words/x',
  '/v1/word%73/x',
  '/v1/%61dmin/y',
  '/v1%2Fwords/x',
  '/v1%2fwords%2fx',
  '/v1/words%2Fx',
  '/v1/words/a%2Fb',
  '/v1/words/a%2fadmin',
  '/v1/words%5Cx',
  '/v1\\words\\x',
  '/v1\\words/x#fragment',
  '/v1/words\\..\\admin/y',
  '/v1/words/x#fragment',
  '/v1/words/x#/../../admin/y',
  '/v1/admin/y#/v1/words/x',
  '/v1/words/x%23fragment',
  '/v1/words/%00',
  '/v1/words%00/x',
  '/v1/words/%',
  '/v1/words/%zz',
  '/v1/%zz/x',
  '/v1/words/%c3%a9',
  '/v1/words/%ff',
  '/v1/words/%e0%80%af',
  '/v1/words/%c0%ae%c0%ae/admin/y',
  '/v1/words/\xc3\xa9',
  '/v1/words/\xff',
  '/v1/word\xc5\xbf/x',
  '/v1/words/x%3Fa=b',
  '/v1/words%3F/x',
  '/v1/words;a=b/x',
  '/v1/words/x;a=b',
  '/v1/words;/x',
  '/v1/words+/x',
  '/v1/words%20/x',
  '/v1/words%09/x',
  '/v1/words%0d%0a/x',
  '/v1/%2577ords/x',
  '/v1/words/[x]',
  '/v1/words/]',
  '/v1/words/%5Bx',
  '/v1/admin]/y',
  '/v1/words/x?a=/v1/admin/y',
  '/v1/words/x?#',
  '/v1/words/x??',
  '?/v1/words/x',
  'http://other.example/v1/words/x',
  'http://other.example//v1/words/x',
  'http://other.example/v1/../v1/admin/y',
  'http://other.example\\v1\\words\\x',
  'http:/v1/words/x',
  'http:///v1/words/x',
  'HTTP://other.example/v1/words/x',
  'http://user:pass@other.example/v1/words/x',
  'http://other.example?/v1/words/x',
  'http://other.example',
  '//other.example/v1/words/x',
  'words:/v1/words/x',
  'ftp://other.example/v1/words/x',
]

const backend = useEmulator()

describe.each(frameworksAndFetch)('$name', (framework) => {
  // Express and @koa/router ignore case.
  const caseInsensitivePaths = !framework.name.startsWith('Fastify')

  describe.each([
    { rules: 'only the routes', mappingRules: RULES, caseInsensitivePaths: false, usage: USAGE },
    { rules: 'only the routes, whatever the case', mappingRules: RULES, caseInsensitivePaths, usage: USAGE },
    {
      rules: 'everything and the routes',
      mappingRules: [EVERYTHING, ...RULES],
      caseInsensitivePaths,
      usage: USAGE_WITH_HITS,
    },
  ])('rules for $rules', ({ usage: expected, rules, ...options }) => {
    let app: App
    let port: number
    let served: { handler: string; usage: string } | undefined

    beforeAll(async () => {
      const handler = (name: string) => (call: Call) => {
        // Fastify serves /words/ as /words/:word with an empty word, for which there is no rule.
        if (Object.values(call.params).includes('')) return call.send(404, 'no such page')
        served = {
          handler: name,
          usage: JSON.stringify(Object.fromEntries(Object.entries(call.threescale!.usage).sort())),
        }
        call.send(200, name)
      }
      const guard: GatewayOptions = {
        ...options,
        serviceId: SERVICE,
        serviceToken: TOKEN,
        backendUrl: backend.url,
        credentials: { in: ['headers'], names: { userKey: 'x-key' } },
        cache: true,
      }
      app = await framework.create({
        guard,
        routes: { '/v1/words/:word': handler('words'), '/v1/admin/:page': handler('admin') },
      })
      port = await app.listen()
    })
    afterAll(() => app.close())

    /** What is wrong with the answer to a spelling; undefined if it is right. */
    function wrong(target: string, status: number): string | undefined {
      if (status !== 200) return served === undefined ? undefined : `${target}: served and answered ${status}`
      if (served === undefined) return `${target}: 200 without a handler`
      const { handler, usage } = served
      return usage === expected[handler] ? undefined : `${target}: ${handler} metered as ${usage}`
    }

    it('law 13: every spelling is metered as its handler, or not served', async () => {
      const problems: string[] = []
      let wellServed = 0
      for (const target of SPELLINGS) {
        served = undefined
        const { status } = await ask(port, { target, headers: { 'x-key': 'free-key' } })
        const problem = wrong(target, status)
        if (problem !== undefined) problems.push(problem)
        else if (status === 200) wellServed++
      }
      expect(problems).toEqual([])
      expect(wellServed).toBeGreaterThan(8)
    })

    it('law 13: generated spellings are metered as their handler, or not served', async () => {
      const piece = fc.constantFrom(
        ...[
          '/',
          '//',
          'v1',
          'words',
          'admin',
          'x',
          '.',
          '..',
          '%2e',
          '%2F',
          '%5c',
          '\\',
          '#',
          '?',
          ';',
          '%',
          '%00',
          '%77ords',
          'WORDS',
          '%61dmin',
          ':',
          '@',
          'http://h',
          ' ',
          '+',
          '\xe9',
          '[',
          ']',
          '%5b',
        ],
      )
      const target = fc.array(piece, { minLength: 1, maxLength: 9 }).map((pieces) => `/v1/${pieces.join('')}`)
      await fc.assert(
        fc.asyncProperty(
          fc.oneof(
            target,
            target.map((path) => path.slice(3)),
            target.map((path) => `http://h${path}`),
          ),
          async (url) => {
            served = undefined
            const { statusCode } = await inject(
              (request, response) => {
                // Set again, because an injected request normalizes its target.
                request.url = url
                app.dispatch(request, response)
              },
              { url: '/', headers: { 'x-key': 'free-key' } },
            )
            expect(wrong(url, statusCode)).toBeUndefined()
          },
        ),
        { numRuns: 60 },
      )
    })
  })
})

/** Law 3: a caller with any hostile key is denied, and never admitted "because the backend failed". */
import { describe, expect, it } from 'vitest'
import { useEmulator } from '../contract/backend.ts'
import { ask } from '../contract/wire.ts'
import { startBackend, TYPE } from '../support/socket-backend.ts'
import { guards, startApp, watchForAccidents } from './guarded-app.ts'

const backend = useEmulator()
watchForAccidents()

const denials = ['user_key_invalid', 'application_not_found', 'credentials_malformed', 'credentials_missing']

/** Percent-encoded, as in a query. */
const keys = {
  'that opens an element': '%3Cstatus%3E',
  'that closes the reason and says yes': '%3C/reason%3E%3Cauthorized%3Etrue%3C/authorized%3E%3Creason%3E',
  'that closes the error and says yes':
    '%22%3C/error%3E%3C?xml version=%221.0%22?%3E%3Cstatus%3E%3Cauthorized%3Etrue%3C/authorized%3E%3C/status%3E',
  'that begins an entity': 'a%26b%26%23',
  'of control characters': '%01%02%08%1b%7f',
  'with a zero byte': 'a%00b',
  'of line breaks': '%0d%0a%0d%0a',
  'in invalid UTF-8': 'a%ff%fe%c3',
  'with half a surrogate': '%ed%a0%80',
  'of bad escapes': '%zz%',
  'with the syntax of a hash': 'a%5Bb%5D%5B%5D=c',
  'of nothing but a blank': '%20',
} as const

const bytesOf = (key: string) =>
  key.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))

describe.each(guards)('$name', ({ framework, cache }) => {
  it("a key in the query is a denial under 'allow' too, asked once or again", async () => {
    const { port, served, app } = await startApp(framework, {
      backendUrl: backend.url,
      cache,
      onUnavailable: 'allow',
    })
    for (const [kind, key] of Object.entries(keys)) {
      const target = `/?user_key=${key.replaceAll(' ', '%20')}`
      for (const answer of [await ask(port, { target }), await ask(port, { target })]) {
        // Fastify itself answers 400 to invalid escapes.
        if (answer.status === 400) continue
        const { code } = JSON.parse(answer.body)
        expect([[401, 403].includes(answer.status), denials.includes(code), code], kind).toEqual([true, true, code])
      }
    }
    expect(served).toEqual([])
    // They do not open the breaker for other callers either.
    expect((await ask(port, { target: '/?user_key=free-key' })).status).toBe(200)
    expect(app.gateway.stats().decisions.backend_unavailable).toBeUndefined()
  })

  it("a key in a header is a denial under 'allow' too, byte for byte", async () => {
    const credentials = { in: ['headers'] } as const
    const { port, served } = await startApp(framework, {
      backendUrl: backend.url,
      cache,
      credentials,
      onUnavailable: 'allow',
    })
    for (const [kind, key] of Object.entries(keys)) {
      const bytes = bytesOf(key)
      // A line break ends the header.
      if (bytes.includes('\n')) continue
      // Node's parser refuses these before the framework.
      const readable = !/\p{Cc}/u.test(bytes.replace(/[\t\x80-\x9f]/g, ''))
      const { status } = await ask(port, { headers: { 'user-key': bytes } })
      expect(readable ? [401, 403] : [400], kind).toContain(status)
    }
    expect(served).toEqual([])
  })

  it.each(['query', 'headers'] as const)(
    "a key of 9, 20 or 100 KB in %s is a denial under 'allow' too, if the server reads so much",
    async (place) => {
      const { port, served } = await startApp(framework, {
        backendUrl: backend.url,
        cache,
        onUnavailable: 'allow',
        credentials: { in: [place], maxBytes: 200_000 },
        maxHeaderSize: 300_000,
      })
      for (const length of [9_000, 20_000, 100_000]) {
        const key = 'k'.repeat(length)
        const asking = place === 'headers' ? { headers: { 'user-key': key } } : { target: `/?user_key=${key}` }
        const answer = await ask(port, asking)
        const code = length === 9_000 ? 'user_key_invalid' : 'request_too_large'
        expect([answer.status, JSON.parse(answer.body).code], String(length)).toEqual([403, code])
      }
      expect(served).toEqual([])
    },
  )

  it("law 3: any 4xx that a caller's input causes is a denial under 'allow' too, with any page", async () => {
    let status = 0
    const { url: backendUrl } = await startBackend((request, response) => {
      if (request.url!.includes('user_key=caller-')) {
        response.writeHead(status, { 'content-type': 'text/html' }).end('<html>blocked by the firewall</html>')
      } else {
        response
          .writeHead(403, { 'content-type': TYPE })
          .end('<error code="user_key_invalid">user key is missing</error>')
      }
    })
    const { port, served } = await startApp(framework, { backendUrl, cache, onUnavailable: 'allow' })
    for (status of [400, 401, 402, 403, 404, 405, 406, 407, 408, 410, 413, 414, 421, 422, 431, 451]) {
      const answer = await ask(port, { target: `/?user_key=caller-${status}` })
      expect([answer.status, answer.body.includes('firewall')], String(status)).toEqual([403, false])
    }
    expect(served).toEqual([])
  })
})

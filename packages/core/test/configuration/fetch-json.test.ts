/** Documents of an identity provider over real sockets: what is sent, what is bounded, and what a hostile answer does. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { eventually } from '../../../../test/support/eventually.ts'
import { closeServer, listenOnLoopback } from '../../../../test/support/listening.ts'
import { ManualClock } from '../../../../test/support/manual-clock.ts'
import { createFetchJson } from '../../src/configuration/fetch-json.ts'
import { systemClock } from '../../src/primitives/clock.ts'

let answer: (request: IncomingMessage, response: ServerResponse) => void
let requests: IncomingMessage[] = []
let open = 0
const server = createServer((request, response) => {
  requests.push(request)
  answer(request, response)
})
server.on('connection', (socket) => {
  open += 1
  socket.on('close', () => {
    open -= 1
  })
})
let origin = ''
beforeAll(async () => {
  origin = `http://127.0.0.1:${await listenOnLoopback(server)}`
})
afterAll(() => closeServer(server))
beforeEach(() => {
  requests = []
})

const settings = { dispatcher: undefined, timeoutMs: 5000, maxBytes: 262_144 }
const fetchJson = createFetchJson({ ...settings, clock: systemClock })
const codeOf = (fetching: Promise<unknown>) =>
  fetching.then(
    () => 'none',
    ({ code }) => code,
  )
const json = (body: string, headers: Record<string, string> = {}) => {
  answer = (_request, response) => void response.writeHead(200, headers).end(body)
}

describe('a document', () => {
  it('is fetched with its query, over a connection that does not stay', async () => {
    json('{"a":1}')
    // On a clock that stands still, no idle connection would end by itself.
    const { document } = await createFetchJson({ ...settings, clock: new ManualClock(0) })(
      `${origin}/keys?tenant=1`,
      undefined,
    )
    expect(document).toEqual({ a: 1 })
    const [{ method, url, headers } = {} as IncomingMessage] = requests
    expect([method, url, headers.accept]).toEqual(['GET', '/keys?tenant=1', 'application/json'])
    expect(Object.keys(headers).sort()).toEqual(['accept', 'connection', 'host', 'user-agent'])
    await eventually(() => open === 0, 'the connection ends')
  })

  it('is confirmed by its ETag, which goes to the same address only', async () => {
    answer = ({ headers }, response) => {
      const known = headers['if-none-match'] === '"1"'
      response.writeHead(known ? 304 : 200, { etag: '"1"', 'cache-control': 'public, max-age=90' })
      response.end(known ? undefined : '{"a":1}')
    }
    const first = await fetchJson(`${origin}/keys`, undefined)
    expect(first).toMatchObject({ etag: '"1"', maxAgeMs: 90_000 })
    expect(await fetchJson(`${origin}/keys`, first)).toEqual(first)
    expect(await fetchJson(`${origin}/other`, first)).toMatchObject({ document: { a: 1 } })
    expect(requests.map(({ headers }) => headers['if-none-match'])).toEqual([undefined, '"1"', undefined])
  })

  it.each([
    ['no-store', undefined],
    ['max-age=0, must-revalidate', undefined],
    ['s-maxage=5', undefined],
    ['private, max-age="60"', 60_000],
  ])('with Cache-Control %s is fresh for %s', async (value, maxAgeMs) => {
    json('{}', { 'cache-control': value })
    expect((await fetchJson(origin, undefined)).maxAgeMs).toBe(maxAgeMs)
  })
})

describe('a document of a portal', () => {
  it('is asked for with a credential, and may be as long as is said', async () => {
    json(`{"a":"${'x'.repeat(300_000)}"}`)
    const long = createFetchJson({ ...settings, clock: systemClock, maxBytes: 400_000, authorization: 'Basic dDo=' })
    expect((await long(origin, undefined)).document).toEqual({ a: 'x'.repeat(300_000) })
    expect(requests[0]?.headers.authorization).toBe('Basic dDo=')
  })

  it.each([
    ['30', 30_000],
    ['soon', undefined],
  ])('that is refused with Retry-After %s says to wait for %s', async (value, retryAfterMs) => {
    answer = (_request, response) => void response.writeHead(429, { 'retry-after': value }).end()
    await expect(fetchJson(origin, undefined)).rejects.toMatchObject({ code: 'status_429', retryAfterMs })
  })
})

describe('no document', () => {
  it.each([
    ['not_json', '<!doctype html><title>Maintenance</title>'],
    ['not_json', ''],
    ['not_json', '[1]'],
    ['not_json', 'null'],
    ['not_json', '{"a":'],
    ['too_large', `{"a":"${'x'.repeat(262_144)}"}`],
  ])('is an answer that is %s', async (code, body) => {
    json(body, { 'content-type': 'application/json' })
    expect(await codeOf(fetchJson(origin, undefined))).toBe(code)
  })

  it('is one that never ends; reading stops early', async () => {
    let written = 0
    answer = (_request, response) => {
      const more = (): void => {
        while (!response.destroyed && response.write(Buffer.alloc(65_536, ' '))) written += 65_536
        if (!response.destroyed) response.once('drain', more)
      }
      more()
    }
    expect(await codeOf(fetchJson(origin, undefined))).toBe('too_large')
    await eventually(() => open === 0, 'the connection ends')
    expect(written).toBeLessThan(20_000_000)
  })

  it.each([301, 302, 307, 304])(
    'is a redirect or an answer without body (%s), which is not followed',
    async (status) => {
      answer = (_request, response) => void response.writeHead(status, { location: `${origin}/elsewhere` }).end()
      expect(await codeOf(fetchJson(origin, undefined))).toBe('redirect')
      expect(requests).toHaveLength(1)
    },
  )

  it.each([404, 500, 204])('is the status %s', async (status) => {
    answer = (_request, response) => void response.writeHead(status).end()
    expect(await codeOf(fetchJson(origin, undefined))).toBe(`status_${status}`)
  })

  it('comes from a connection that breaks, or from a port that is closed', async () => {
    answer = ({ socket }) => void socket.destroy()
    expect(await codeOf(fetchJson(origin, undefined))).toBe('UND_ERR_SOCKET')
    answer = (_request, response) => {
      response.writeHead(200, { 'content-length': '100' })
      response.write('{', () => response.destroy())
    }
    expect(await codeOf(fetchJson(origin, undefined))).toBe('UND_ERR_SOCKET')
    expect(await codeOf(fetchJson('http://127.0.0.1:9', undefined))).toBe('ECONNREFUSED')
  })

  it('comes from a provider that is silent for five seconds, or sends a byte now and then', async () => {
    const clock = new ManualClock(0)
    let asked = false
    answer = (_request, response) => {
      asked = true
      response.writeHead(200)
      response.write('{')
    }
    const fetching = codeOf(createFetchJson({ ...settings, clock })(origin, undefined))
    await eventually(() => asked, 'the request arrives')
    await clock.advance(5000)
    expect(await fetching).toBe('ERR_THREESCALE_TIMEOUT')
    await eventually(() => open === 0, 'the connection ends')
  })
})

/** Random bytes get an answer, crash nothing, and neither count nor change anything. */
import { connect } from 'node:net'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createEmulator, type EmulatorState } from '../src/index.ts'
import { authrep, dictionary, noon } from './dictionary.ts'

const pieces = fc.oneof(
  fc.constantFrom(
    ...['grant_type=client_credentials&client_id=a&client_secret=s', 'host=', 'page=', 'per_page=2', 'version='],
    ...['service_token=stoken', 'service_id=1001', 'user_key=key', 'usage[hits]=1', 'transactions[0][user_key]=key'],
    ...[
      'transactions[0][usage][hits]=1',
      'no_body=1',
      'provider_key=pkey',
      'usage',
      'usage[]',
      '[',
      ']',
      '&',
      '=',
      '%',
      '%FF',
    ],
    ...[
      '[][',
      '%00',
      '+',
      ' ',
      '#',
      '__proto__[a]',
      'constructor',
      'referrer[]=x',
      'app_key[]=',
      '\r\n',
      '--bnd',
      'ü',
      '😀',
    ],
  ),
  fc.string({ maxLength: 8, unit: 'binary' }),
)
const text = fc.array(pieces, { maxLength: 12 }).map((parts) => parts.join(''))
const path = fc.oneof(
  fc.constantFrom(
    ...['authorize', 'authrep', 'oauth_authorize', 'oauth_authrep'].map((name) => `/transactions/${name}.xml`),
    ...['/transactions.xml', '/status', '/', '*', '', '/internal/x', '/emulator/api/state', '/emulator/api/usage'],
  ),
  text.map((each) => `/${each}`),
)
const request = fc.record({
  method: fc.constantFrom('GET', 'HEAD', 'POST', 'PUT', 'OPTIONS', 'DELETE', 'PATCH', 'BREW'),
  target: fc.tuple(path, text).map(([before, after]) => `${before}?${after}`),
  headers: fc.record(
    {
      '3scale-options': text,
      'if-none-match': text,
      'if-modified-since': text,
      'content-type': fc.oneof(
        text,
        fc.constantFrom('multipart/form-data; boundary=bnd', 'application/x-www-form-urlencoded', 'application/json'),
      ),
      host: fc.oneof(text, fc.constant('localhost')),
    },
    { requiredKeys: [] },
  ),
  body: fc.oneof(text, fc.uint8Array({ maxLength: 40 })),
})

function stateOf(): EmulatorState {
  const state = dictionary()
  state.services[0]!.proxy = { hosts: ['words.example.com'] }
  state.services.push({ id: '1002', backend_version: 'oauth', applications: [{ id: 'a', application_keys: ['s'] }] })
  return state
}

/** Whether a request may count: it names a credential and a usage. */
const mayCount = (sent: string) => /stoken|pkey/.test(sent) && /usage/.test(sent)

describe('random requests', () => {
  test('are answered in process', () => {
    const emulator = createEmulator({ state: stateOf(), clock: noon, portal: true, identityProvider: true })
    fc.assert(
      fc.property(request, (each) => {
        const { status, headers, body } = emulator.handle(each)
        expect(status).toBeGreaterThanOrEqual(200)
        expect(status).toBeLessThan(600)
        expect(typeof body).toBe('string')
        for (const [name, value] of Object.entries(headers)) {
          expect(name).toMatch(/^[a-z0-9-]+$/)
          expect(value).toMatch(/^[ -~]*$/)
        }
        expect(emulator.state()).toEqual(stateOf())
        const sent = `${each.target}${typeof each.body === 'string' ? each.body : ''}`
        const counted = Object.values(emulator.usage()['1001']!).some((metrics) => metrics.hits!.eternity > 0)
        if (counted) {
          expect(mayCount(sent)).toBe(true)
          emulator.setState(stateOf())
        }
      }),
      { numRuns: 3000 },
    )
  })

  test('are answered by the portal and the identity provider, which change nothing', () => {
    const emulator = createEmulator({ state: stateOf(), clock: noon, portal: true, identityProvider: true })
    const realm = '/realms/emulator'
    const sites = [
      ...[`${realm}/protocol/openid-connect/token`, `${realm}/.well-known/openid-configuration`, realm],
      ...['account/proxy_configs/production', 'services', 'services/proxy/configs/sandbox'].map(
        (each) => `/admin/api/${each}.json`,
      ),
      ...['/latest.json', '.json', ''].map((each) => `/admin/api/services/1001/proxy/configs/staging${each}`),
    ]
    const query = fc
      .array(fc.tuple(fc.constantFrom('host', 'page', 'version', 'access_token'), text))
      .map((pairs) => String(new URLSearchParams(pairs)))
    const credentials = fc.oneof({ weight: 4, arbitrary: fc.constantFrom('pkey', 'a:s') }, text)
    const method = fc.constantFrom('GET', 'GET', 'POST', 'DELETE')
    fc.assert(
      fc.property(request, method, fc.constantFrom(...sites), query, credentials, (each, method, site, more, user) => {
        const authorization = `Basic ${Buffer.from(user).toString('base64')}`
        const headers = { ...each.headers, authorization, 'content-type': 'application/x-www-form-urlencoded' }
        const { status } = emulator.handle({ ...each, method, target: `${site}?${more}`, headers })
        expect([200, 304, 400, 401, 403, 404, 405, 406, 422]).toContain(status)
        expect(emulator.state()).toEqual(stateOf())
        expect(emulator.calls()).toEqual([])
      }),
      { numRuns: 2000 },
    )
  })

  test('are answered or cut off on a port, and the server keeps running', async () => {
    const emulator = createEmulator({ state: stateOf(), clock: noon, portal: true, identityProvider: true })
    const url = await emulator.listen()
    const port = Number(new URL(url).port)
    const send = (bytes: Buffer) =>
      new Promise<void>((resolve) => {
        const socket = connect(port, '127.0.0.1', () => socket.end(bytes))
        socket.on('error', () => {})
        socket.on('close', () => resolve())
        socket.resume()
      })
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 200 }).map((each) => Buffer.from(each)),
      fc
        .tuple(text, text, text)
        .map(([target, header, body]) => Buffer.from(`GET /${target} HTTP/1.1\r\n${header}\r\n\r\n${body}`)),
      fc.tuple(fc.nat({ max: 300 }), fc.nat({ max: 255 })).map(([at, value]) => {
        const good = Buffer.from(`GET ${authrep('')} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`)
        if (at < good.length) good[at] = value
        return good
      }),
    )
    await fc.assert(
      fc.asyncProperty(bytes, async (each) => {
        await send(each)
        expect(emulator.state()).toEqual(stateOf())
      }),
      { numRuns: 150 },
    )
    expect((await fetch(`${url}/status`)).status).toBe(200)
    expect(emulator.usage()['1001']?.app?.hits?.day).toBe(0)
    await emulator.close()
  })
})

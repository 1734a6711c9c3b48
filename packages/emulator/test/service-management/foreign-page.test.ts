import { describe, expect, test } from 'vitest'
import { createEmulator } from '../../src/index.ts'

const emulator = createEmulator()
const status = (headers: Readonly<Record<string, string>>, target = '/status', method = 'GET') =>
  emulator.handle({ method, target, headers })

describe('GET /status', () => {
  test('refuses its JSON to a page of another host', () => {
    const refused = status({ host: 'localhost:3000', referer: 'http://evil.example/' })
    expect(refused).toEqual({ status: 403, headers: { 'content-type': 'text/plain' }, body: 'Forbidden' })
    expect(status({ host: 'localhost', referer: 'http://evil.example/' }, '/status', 'HEAD').headers).toEqual({
      'content-type': 'text/plain',
      'content-length': '0',
    })
  })

  test.each<[string, Readonly<Record<string, string>>, number]>([
    ['no Referer', {}, 200],
    ['an empty one', { referer: '' }, 200],
    ['one of the same host on another port', { host: 'emulator:3000', referer: 'http://emulator:8080/x' }, 200],
    ['one of the same address', { host: '[::1]:3000', referer: 'http://[::1]/' }, 200],
    ['a path only', { host: 'emulator', referer: '/x' }, 200],
    ['one that differs in letter case', { host: 'emulator', referer: 'http://EMULATOR/' }, 403],
    ['one of a host that only begins alike', { host: 'emulator', referer: 'http://emulator.evil.example/' }, 403],
    ['one that is no URI', { host: 'emulator', referer: 'not a url' }, 403],
    [
      'the host behind a proxy',
      { host: 'x', 'x-forwarded-host': 'a, public.example', referer: 'http://public.example/' },
      200,
    ],
    ['a foreign one, but an Origin', { referer: 'http://evil.example/', origin: 'http://evil.example' }, 200],
    ['a foreign one, but an X-Origin', { referer: 'http://evil.example/', 'x-origin': 'x' }, 200],
    [
      'a foreign one of an XMLHttpRequest',
      { referer: 'http://evil.example/', 'x-requested-with': 'XMLHttpRequest' },
      200,
    ],
    ['a foreign one where no Host is sent', { referer: 'http://evil.example/' }, 403],
    ['localhost where no Host is sent', { referer: 'http://localhost/' }, 200],
  ])('with %s', (_what, headers, expected) => {
    expect(status(headers).status).toBe(expected)
  })

  test('no other endpoint looks at the Referer', () => {
    const foreign = { host: 'localhost', referer: 'http://evil.example/' }
    expect(status(foreign, '/check.txt').status).toBe(200)
    expect(status(foreign, '/emulator/api/usage').status).toBe(200)
  })
})

import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { sendRaw } from '../../../../test/conformance/raw-request.ts'
import {
  type CallRecord,
  createEmulator,
  type Emulator,
  type KeyRecord,
  type Problem,
  type UsageSnapshot,
} from '../../src/index.ts'
import { authrep, dictionary, noon } from '../dictionary.ts'

let emulator: Emulator
let url: string

beforeEach(async () => {
  emulator = createEmulator({ state: dictionary(), clock: noon })
  url = await emulator.listen()
})
afterEach(() => emulator.close())

const api = (resource: string) => `${url}/emulator/api/${resource}`

async function put(resource: string, body: unknown, headers: Record<string, string> = {}) {
  const answer = await fetch(api(resource), {
    method: 'PUT',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  })
  return { status: answer.status, body: (await answer.json()) as { problems: Problem[] } }
}

const getJson = async (resource: string) => (await fetch(api(resource))).json() as unknown
const usageOf = async (metric: string) => ((await getJson('usage')) as UsageSnapshot)['1001']?.app?.[metric]
const getCalls = async () => (await getJson('calls')) as CallRecord[]

describe('state', () => {
  test('is returned as it was put, and replaced', async () => {
    expect(await getJson('state')).toEqual(dictionary())
    await fetch(url + authrep('usage[hits]=1'))
    const next = dictionary()
    next.services[0]!.applications!.push({ id: 'third' })
    expect(await put('state', next)).toEqual({ status: 200, body: next })
    expect((await usageOf('hits'))?.day).toBe(0)
  })

  test('a bad one is a 400 that names path and problem, and changes nothing', async () => {
    const bad = {
      services: [{ id: '1', plans: [{ id: 'p', limits: [{ metric: 'x', period: 'second', value: -1 }] }] }],
    }
    const { status, body } = await put('state', bad)
    expect(status).toBe(400)
    expect(body.problems.map(({ path }) => path)).toEqual([
      'services[0].plans[0].limits[0].period',
      'services[0].plans[0].limits[0].value',
    ])
    expect(emulator.state()).toEqual(dictionary())
  })

  test('a body that is not JSON is a 400', async () => {
    expect((await put('state', '{"services":')).status).toBe(400)
  })
})

test('usage shows the current windows by the emulator’s clock', async () => {
  await fetch(url + authrep('usage[lookup]=3'))
  expect(await usageOf('hits')).toEqual({
    eternity: 3,
    year: 3,
    month: 3,
    week: 3,
    day: 3,
    hour: 3,
    minute: 3,
  })
  await put('clock', { now: '2026-01-16T00:00:00Z' })
  expect(await usageOf('hits')).toMatchObject({ eternity: 3, week: 3, day: 0, minute: 0 })
})

test('history shows the last sixty minutes, the current one at the end', async () => {
  await fetch(url + authrep('usage[lookup]=3'))
  await put('clock', { now: '2026-01-15T12:02:30Z' })
  await fetch(url + authrep('usage[hits]=1'))
  const { app, other } = ((await getJson('history')) as ReturnType<Emulator['history']>)['1001']!
  expect(app).toEqual({ hits: [...Array(57).fill(0), 3, 0, 1], lookup: [...Array(57).fill(0), 3, 0, 0] })
  expect(other).toEqual({})
  await put('clock', { now: '2026-01-15T13:01:59Z' })
  expect(emulator.history()['1001']!.app).toEqual({ hits: [1, ...Array(59).fill(0)] })
  await put('clock', { now: '2026-01-15T13:02:00Z' })
  expect(emulator.history()['1001']!.app).toEqual({})
})

test('clock stops and runs again; anything else is refused', async () => {
  expect(await put('clock', { now: '2026-02-01T00:00:00Z' })).toEqual({
    status: 200,
    body: { now: '2026-02-01T00:00:00.000Z', stopped: true },
  })
  await put('clock', { now: null })
  expect(Math.abs(emulator.now() - Date.now())).toBeLessThan(60_000)
  for (const bad of [{}, { now: 'soon' }, { now: 5 }, [], null]) expect((await put('clock', bad)).status).toBe(400)
})

describe('calls', () => {
  test('say what was asked and answered', async () => {
    await fetch(`${url}${authrep('usage[hits]=1')}`)
    await fetch(`${url}/transactions/authorize.xml?service_token=wrong-token&service_id=1001&user_key=key`)
    const [allowed, refused] = await getCalls()
    expect(allowed).toEqual({
      id: 1,
      at: '2026-01-15T12:00:00.000Z',
      endpoint: 'authrep',
      status: 200,
      authorized: true,
      service: '1001',
      application: 'app',
      usage: { hits: '1' },
      parameters: { service_token: '***', service_id: '1001', user_key: '***', usage: { hits: '1' } },
    })
    expect(refused).toMatchObject({ endpoint: 'authorize', status: 403, code: 'service_token_invalid' })
  })

  test('hold no token, provider key, user key or application key', async () => {
    const secrets = ['secret-a', 'secret-b', 'secret-c', 'secret-d']
    const targets = [
      '/transactions/authrep.xml?service_token=secret-a&service_id=1001&user_key=secret-b',
      '/transactions/authrep.xml?service_token=stoken&service_id=1001&user_key=secret-b',
      '/transactions/authrep.xml?provider_key=secret-c&user_key=secret-b',
      '/transactions/authrep.xml?provider_key=secret-c&service_id=1001&user_key=secret-b',
    ]
    for (const target of targets) await fetch(url + target)
    const body =
      'service_token=stoken&service_id=1001&transactions[0][user_key]=secret-b&transactions[0][usage][hits]=1'
    await fetch(`${url}/transactions.xml`, { method: 'POST', body: new URLSearchParams(body) })
    const state = dictionary()
    Object.assign(state.services[0]!, { backend_version: '2' })
    Object.assign(state.services[0]!.applications![0]!, { application_keys: ['right'] })
    emulator.setState(state)
    await fetch(`${url}/transactions/authrep.xml?service_token=stoken&service_id=1001&app_id=app&app_key=secret-d`)
    const calls = await getCalls()
    expect(calls.map(({ code, dropped }) => code ?? dropped?.code)).toEqual([
      'service_token_invalid',
      'user_key_invalid',
      'provider_key_invalid_or_service_missing',
      'provider_key_invalid',
      'user_key_invalid',
      'application_key_invalid',
    ])
    for (const secret of secrets) expect(JSON.stringify(calls)).not.toContain(secret)
  })

  test('say why a batch was dropped', async () => {
    const body =
      'service_token=stoken&service_id=1001&transactions[0][user_key]=key&transactions[0][usage][hits]=1' +
      '&transactions[1][user_key]=key&transactions[1][usage][nope]=1'
    const answer = await fetch(`${url}/transactions.xml`, { method: 'POST', body: new URLSearchParams(body) })
    expect(answer.status).toBe(202)
    expect((await getCalls()).at(-1)).toMatchObject({
      endpoint: 'report',
      status: 202,
      transactions: 2,
      dropped: { code: 'metric_invalid', message: 'metric "nope" is invalid' },
    })
    expect((await usageOf('hits'))?.day).toBe(0)
  })

  test('are the last thousand', () => {
    for (let each = 0; each < 1005; each++) emulator.handle({ method: 'GET', target: authrep('') })
    const ids = emulator.calls().map(({ id }) => id)
    expect([ids.length, ids[0], ids.at(-1)]).toEqual([1000, 6, 1005])
  })
})

describe('other pages and machines', () => {
  const port = () => Number(new URL(url).port)
  const ask = (method: string, path: string, headers: Record<string, string>) =>
    sendRaw(port(), method, path, headers, Buffer.alloc(0))

  test.each(['evil.example', 'localhost.evil.example', '127.0.0.1.evil.example', 'a127.0.0.1'])(
    'a Host of %s is refused',
    async (host) => {
      expect((await ask('GET', '/emulator/api/state', { Host: host })).status).toBe(403)
    },
  )

  test.each(['localhost', '127.0.0.1:3000', '[::1]:3000', 'LOCALHOST:80'])('a Host of %s is fine', async (host) => {
    expect((await ask('GET', '/emulator/api/state', { Host: host })).status).toBe(200)
  })

  test('a Host that the options allow is fine on any port and in any case, others stay refused', () => {
    const ask = (host: string, headers = {}) =>
      createEmulator({ allowedHosts: ['emulator', 'Backend.Test'] }).handle({
        method: 'GET',
        target: '/emulator/api/state',
        headers: { host, ...headers },
      }).status
    expect(['emulator', 'emulator:3000', 'EMULATOR', 'backend.test:1'].map((host) => ask(host))).toEqual([
      200, 200, 200, 200,
    ])
    expect(['emulator.evil.example', 'evil.example', 'emulator:3000:1', 'test'].map((host) => ask(host))).toEqual([
      403, 403, 403, 403,
    ])
    expect(ask('emulator:3000', { origin: 'http://emulator:3000' })).toBe(200)
    expect(ask('emulator:3000', { origin: 'http://emulator' })).toBe(403)
  })

  test.each(['', '*', 'emulator:3000', 'http://emulator', 'a b', '.', 'a..b'])('%j is no name to allow', (name) => {
    expect(() => createEmulator({ allowedHosts: [name] })).toThrow(RangeError)
  })

  test('a request without Host is refused', () => {
    expect(emulator.handle({ method: 'GET', target: '/emulator/api/state' }).status).toBe(403)
  })

  test('another Origin is refused, the API’s own is allowed', async () => {
    expect((await put('clock', { now: null }, { origin: 'https://evil.example' })).status).toBe(403)
    expect((await put('clock', { now: null }, { origin: 'null' })).status).toBe(403)
    expect((await put('clock', { now: null }, { origin: url })).status).toBe(200)
  })

  test.each(['text/plain', 'application/x-www-form-urlencoded', 'application/jsonp'])(
    'a body of type %s is refused',
    async (type) => {
      expect((await put('clock', { now: null }, { 'content-type': type })).status).toBe(415)
    },
  )

  test('the backend’s CORS answers do not reach below /emulator/', async () => {
    const paths = ['/emulator/api/state', '/emulator', '/emulator/', '/emulator%2fapi/state', '//emulator/api/state']
    for (const path of paths) {
      const answer = await ask('OPTIONS', path, { Origin: 'https://evil.example' })
      expect([403, 404, 405], path).toContain(answer.status)
      expect(answer.headers['access-control-allow-origin'], path).toBeUndefined()
    }
  })

  test('unknown resources and methods are named', async () => {
    expect((await fetch(api('nope'))).status).toBe(404)
    const answer = await fetch(api('usage'), { method: 'DELETE' })
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'GET'])
  })
})

describe('keys', () => {
  const post = (body?: string) => {
    const headers = body === undefined ? {} : { 'content-type': 'application/json' }
    return fetch(api('keys'), { method: 'POST', headers, ...(body === undefined ? {} : { body }) })
  }
  const signing = async () => ((await getJson('keys')) as KeyRecord[]).map(({ signs }) => signs)

  test('are replaced: the old ones stay until they are withdrawn', async () => {
    expect(await signing()).toEqual([true])
    expect(await (await post()).json()).toEqual(emulator.keys())
    expect(await signing()).toEqual([false, true])
    expect((await post('{"withdraw":true}')).status).toBe(200)
    expect(await signing()).toEqual([true])
    for (const body of ['{"withdraw":1}', '{']) expect((await post(body)).status).toBe(400)
  })
})

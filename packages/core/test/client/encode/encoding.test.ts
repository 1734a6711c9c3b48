import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ManualClock } from '../../../../../test/support/manual-clock.ts'
import { rejection } from '../../../../../test/support/rejection.ts'
import { TYPE, YES } from '../../../../../test/support/socket-backend.ts'
import { TRANSPORT, type TransportRequest } from '../../../src/client/transport/transport.ts'
import type { Transaction } from '../../../src/domain/transaction.ts'
import { metricProblem } from '../../../src/domain/usage.ts'
import { type ClientOptions, ConfigError, type Credentials, faultOf, ThreeScaleClient } from '../../../src/index.ts'
import { CLOCK } from '../../../src/primitives/clock.ts'
import { parseQuery } from './rack.ts'

/** A client that sends nothing, and the requests that it would have sent. */
function recorder(options: Partial<ClientOptions> = {}): { client: ThreeScaleClient; sent: TransportRequest[] } {
  const sent: TransportRequest[] = []
  const client = new ThreeScaleClient({
    serviceId: '1001',
    ...(options.providerKey === undefined ? { serviceToken: 'stoken' } : {}),
    ...options,
    [TRANSPORT]: {
      request(request) {
        sent.push(request)
        const yes = request.method === 'GET'
        return Promise.resolve({
          status: yes ? 200 : 202,
          headers: { 'content-type': TYPE },
          body: Buffer.from(yes ? YES : ''),
        })
      },
    },
  })
  return { client, sent }
}

function questionOf(request: TransportRequest): { path: string; parameters: unknown } {
  const at = request.path.indexOf('?')
  return { path: request.path.slice(0, at), parameters: parseQuery(request.path.slice(at + 1)) }
}

/** An object without a prototype, as the parser makes them. */
function bare(members: object): object {
  return Object.assign(
    Object.create(null),
    Object.fromEntries(
      Object.entries(members).map(([name, value]) => [name, typeof value === 'object' ? bare(value) : String(value)]),
    ),
  )
}

test.each([
  ['authorize', { userKey: 'k' }, '/transactions/authorize.xml', { user_key: 'k' }],
  ['authrep', { appId: 'a' }, '/transactions/authrep.xml', { app_id: 'a' }],
  ['authrep', { appId: 'a', appKey: 'k' }, '/transactions/authrep.xml', { app_id: 'a', app_key: 'k' }],
  ['authorize', { clientId: 'c' }, '/transactions/oauth_authorize.xml', { app_id: 'c' }],
  [
    'authrep',
    { clientId: 'c', appKey: '', redirectUrl: 'http://x/?a=1&b=2' },
    '/transactions/oauth_authrep.xml',
    { app_id: 'c', app_key: '', redirect_url: 'http://x/?a=1&b=2' },
  ],
] as const)('%s by %o calls %s', async (method, credentials, path, parameters) => {
  const { client, sent } = recorder()
  await client[method](credentials, { usage: {} })
  expect(questionOf(sent[0]!)).toEqual({
    path,
    parameters: bare({ service_token: 'stoken', service_id: '1001', ...parameters }),
  })
})

test('by default authrep counts one hit and authorize predicts nothing', async () => {
  const { client, sent } = recorder()
  await client.authrep({ userKey: 'k' })
  await client.authorize({ userKey: 'k' })
  await client.authrep({ userKey: 'k' }, { usage: { hits: 0 } })
  expect(sent.map((request) => parseQuery(request.path.split('?')[1]!).usage)).toEqual([
    bare({ hits: 1 }),
    undefined,
    bare({ hits: 0 }),
  ])
})

test('a provider key needs no service, a call may name another service, and a path prefix is kept', async () => {
  const { client, sent } = recorder({
    providerKey: 'p k',
    serviceId: undefined,
    backendUrl: 'https://gate.example/3scale//',
  })
  await client.authorize({ userKey: 'k' })
  await client.authorize({ userKey: 'k' }, { service: 'b&c' })
  await client.report([{ appId: 'a', usage: { hits: 1 } }])
  expect(questionOf(sent[0]!)).toEqual({
    path: '/3scale/transactions/authorize.xml',
    parameters: bare({ provider_key: 'p k', user_key: 'k' }),
  })
  expect(questionOf(sent[1]!).parameters).toEqual(bare({ provider_key: 'p k', service_id: 'b&c', user_key: 'k' }))
  expect(sent[2]!.path).toBe('/3scale/transactions.xml')
})

test('referrer, log and further parameters arrive unchanged', async () => {
  const { client, sent } = recorder()
  const call = { usage: {}, referrer: 'a.example/?x=[1]', log: { code: 200 }, extra: { object: 'ä=1', user_id: 7 } }
  await client.authrep({ userKey: 'k' }, call)
  expect(questionOf(sent[0]!).parameters).toEqual(
    bare({
      service_token: 'stoken',
      service_id: '1001',
      user_key: 'k',
      referrer: 'a.example/?x=[1]',
      log: { code: 200 },
      object: 'ä=1',
      user_id: 7,
    }),
  )
})

test('extensions go into the header by their names on the wire; the rejection reason is asked for by default', async () => {
  const { client, sent } = recorder()
  const all = { flatUsage: true, listAppKeys: true, limitHeaders: true, hierarchy: true, noBody: false }
  await client.authrep({ userKey: 'k' }, { extensions: all })
  await client.authrep({ userKey: 'k' }, { extensions: { rejectionReasonHeader: false, 'own one': 'a&b', n: 2 } })
  await client.authrep({ userKey: 'k' }, { extensions: { rejectionReasonHeader: false } })
  await client.authrep({ userKey: 'k' })
  await client.report([{ appId: 'a', usage: { hits: 1 } }])
  const headers = sent.map(({ headers: flat }) => flat[flat.indexOf('3scale-options') + 1])
  expect(headers.slice(0, 2)).toEqual([
    'rejection_reason_header=1&flat_usage=1&list_app_keys=1&limit_headers=1&hierarchy=1',
    'own%20one=a%26b&n=2',
  ])
  expect(sent[2]!.headers).not.toContain('3scale-options')
  expect(headers[3]).toBe('rejection_reason_header=1')
  expect(sent[4]!.headers).not.toContain('3scale-options')
})

test('sends the agent headers of the classic plugins; the options may add headers and replace these', async () => {
  const { client, sent } = recorder()
  await client.authrep({ userKey: 'k' })
  expect(sent[0]!.headers.slice(0, 4)).toEqual([
    'user-agent',
    expect.stringMatching(/^threescale-node\/\d+\.\d+\.\d+$/),
    'x-3scale-user-agent',
    expect.stringMatching(/^plugin-node-v\d+\.\d+\.\d+$/),
  ])
  const other = recorder({ headers: { 'User-Agent': 'mine', 'X-Trace': '1' } })
  await other.client.authrep({ userKey: 'k' })
  expect(other.sent[0]!.headers.filter((_, index) => index % 2 === 0).sort()).toEqual([
    '3scale-options',
    'user-agent',
    'x-3scale-user-agent',
    'x-trace',
  ])
  expect(other.sent[0]!.headers).toContain('mine')
})

const text = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.string({ unit: fc.constantFrom(...' &=+%#[];?/\\"\'<>\0\r\n\u00fc\u20ac\u{1f600}') }),
  fc.constantFrom('__proto__', 'constructor', 'a b', '%41', 'a&b=c', '\ud83d\ude00'),
)
const metric = text.filter((name) => metricProblem(name) === undefined)
const amount = fc.oneof(
  fc.nat({ max: Number.MAX_SAFE_INTEGER }),
  fc.nat({ max: Number.MAX_SAFE_INTEGER }).map((number) => `#${number}` as const),
)
const usage = fc.dictionary(metric, amount, { noNullPrototype: false, maxKeys: 5 })
const credentials: fc.Arbitrary<Credentials> = fc.oneof(
  fc.record({ userKey: text }),
  fc.record({ appId: text, appKey: text }, { requiredKeys: ['appId'] }),
  fc.record({ clientId: text, appKey: text, redirectUrl: text }, { requiredKeys: ['clientId'] }),
)

test('the backend reads any arguments of a call as they were given', async () => {
  await fc.assert(
    fc.asyncProperty(credentials, usage, text, fc.dictionary(metric, text), async (caller, used, referrer, log) => {
      const { client, sent } = recorder()
      await client.authrep(caller, { usage: used, referrer, log })
      const { userKey, appId, clientId, appKey, redirectUrl } = { ...caller } as { [name: string]: unknown }
      const expected: Record<string, unknown> = {
        service_token: 'stoken',
        service_id: '1001',
        user_key: userKey,
        app_id: appId ?? clientId,
        app_key: appKey,
        redirect_url: redirectUrl,
        referrer,
        usage: Object.keys(used).length === 0 ? undefined : used,
        log: Object.keys(log).length === 0 ? undefined : log,
      }
      for (const name of Object.keys(expected)) if (expected[name] === undefined) delete expected[name]
      expect(questionOf(sent[0]!).parameters).toEqual(bare(expected))
    }),
  )
})

test('the backend reads any transactions of a report as they were given', async () => {
  const clock = new ManualClock('2026-01-15T10:20:30Z')
  const now = clock.now() / 1000
  const counted = fc.integer({ min: now - 24 * 3600, max: now + 3600 })
  const transaction = fc.oneof(
    fc.record({ appId: text, usage, timestampSeconds: counted }, { requiredKeys: ['appId', 'usage'] }),
    fc.record({ userKey: text, usage, log: fc.dictionary(metric, text) }, { requiredKeys: ['userKey', 'usage'] }),
  )
  await fc.assert(
    fc.asyncProperty(
      fc.array(transaction as fc.Arbitrary<Transaction>, { minLength: 1, maxLength: 6 }),
      async (all) => {
        const { client, sent } = recorder({ [CLOCK]: clock })
        expect(await client.report(all)).toEqual({ accepted: all.length })
        const expected = all.map(({ appId, userKey, usage: used, timestampSeconds, log }) => ({
          ...(appId === undefined ? { user_key: userKey } : { app_id: appId }),
          ...(Object.keys(used).length === 0 ? {} : { usage: used }),
          ...(timestampSeconds === undefined ? {} : { timestamp: timestampSeconds }),
          ...(log === undefined || Object.keys(log).length === 0 ? {} : { log }),
        }))
        const credentialsAndAll = { service_token: 'stoken', service_id: '1001', transactions: { ...expected } }
        expect(parseQuery(sent[0]!.body!)).toEqual(bare(credentialsAndAll))
      },
    ),
  )
})

test.each<[string, () => Promise<unknown>]>([
  ['exactly one of userKey', () => recorder().client.authrep({} as never)],
  ['exactly one of userKey', () => recorder().client.authrep({ userKey: 'a', appId: 'b' } as never)],
  ['exactly one of userKey', () => recorder().client.authrep({ clientId: 'a', appId: 'b' } as never)],
  ['credentials must be an object', () => recorder().client.authrep(undefined as never)],
  ['credentials.userKey must be a string', () => recorder().client.authrep({ userKey: ['a', 'b'] } as never)],
  ['credentials.userKey must be a string', () => recorder().client.authrep({ userKey: null } as never)],
  ['credentials.appId must be a string', () => recorder().client.authrep({ appId: {} } as never)],
  ['credentials.clientId must be a string', () => recorder().client.authrep({ clientId: {} } as never)],
  ['credentials.appKey must be a string', () => recorder().client.authrep({ appId: 'a', appKey: {} } as never)],
  [
    'credentials.redirectUrl must be a string',
    () => recorder().client.authrep({ clientId: 'a', redirectUrl: {} } as never),
  ],
  ['credentials.appKey is not valid Unicode', () => recorder().client.authrep({ appId: 'a', appKey: '\ud800x' })],
  ['referrer is not valid Unicode', () => recorder().client.authrep({ appId: 'a' }, { referrer: '\udc00' })],
  ['contains a bracket', () => recorder().client.authrep({ appId: 'a' }, { usage: { 'a[b': 1 } })],
  ['contains a bracket', () => recorder().client.authrep({ appId: 'a' }, { usage: { 'a]': 1 } })],
  ['neither a whole number', () => recorder().client.authrep({ appId: 'a' }, { usage: { hits: -1 } })],
  ['neither a whole number', () => recorder().client.authrep({ appId: 'a' }, { usage: { hits: 1.5 } })],
  ['neither a whole number', () => recorder().client.authrep({ appId: 'a' }, { usage: { hits: 2 ** 53 } })],
  ['neither a whole number', () => recorder().client.authrep({ appId: 'a' }, { usage: { hits: '1' as never } })],
  ['neither a whole number', () => recorder().client.authrep({ appId: 'a' }, { usage: { hits: '#-1' } })],
  [
    'neither a whole number',
    () => recorder().client.authrep({ appId: 'a' }, { usage: { hits: '#99999999999999999' } }),
  ],
  ['usage must be an object', () => recorder().client.authrep({ appId: 'a' }, { usage: 1 as never })],
  ['extra.usage has an option', () => recorder().client.authrep({ appId: 'a' }, { extra: { usage: '1' } })],
  ['extra.no_body has an option', () => recorder().client.authrep({ appId: 'a' }, { extra: { no_body: '1' } })],
  ['name cannot be sent', () => recorder().client.authrep({ appId: 'a' }, { extra: { 'usage[hits]': '1' } })],
  ['service is missing', () => recorder({ serviceId: undefined }).client.authrep({ appId: 'a' })],
  ['service is empty', () => recorder().client.authrep({ appId: 'a' }, { service: '' })],
  ['service is missing', () => recorder({ serviceId: undefined }).client.report([{ appId: 'a', usage: {} }])],
])('refuses before anything is sent: %s', async (problem, call) => {
  const error = await rejection(call())
  expect(error).toBeInstanceOf(ConfigError)
  expect((error as ConfigError).message).toContain(problem)
})

test('law 3: a key that makes the call longer than the backend reads is a denial, and is not sent', async () => {
  const { client, sent } = recorder()
  const verdict = await client.authrep({ userKey: 'x'.repeat(100_000) })
  expect(verdict).toMatchObject({ authorized: false, status: 414, code: 'request_too_large', readable: false })
  expect(sent).toEqual([])
  expect(await client.authrep({ userKey: 'x'.repeat(10_000) })).toMatchObject({ authorized: true })
})

test('a usage that makes the call too long is our own fault, not the caller’s', async () => {
  const { client, sent } = recorder()
  const usage = Object.fromEntries(Array.from({ length: 600 }, (_, index) => [`some_metric_${index}`, 0]))
  const verdict = await client.authorize({ userKey: 'k' }, { usage })
  expect(verdict).toMatchObject({ authorized: false, status: 414, code: 'usage_too_large' })
  expect(faultOf('usage_too_large')).toBe('ours')
  expect(faultOf('request_too_large')).toBe('caller')
  expect(sent).toEqual([])
})

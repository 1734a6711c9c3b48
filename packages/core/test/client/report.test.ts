import { expect, test } from 'vitest'
import { eventually } from '../../../../test/support/eventually.ts'
import { rejection } from '../../../../test/support/rejection.ts'
import { type Line, scripted } from '../../../../test/support/scripted-client.ts'
import { startBackend } from '../../../../test/support/socket-backend.ts'
import type { Transaction } from '../../src/domain/transaction.ts'
import {
  BackendError,
  ConfigError,
  ProtocolError,
  RejectedError,
  ReportError,
  TimeoutError,
  TransportError,
} from '../../src/index.ts'
import { clientOf } from './client-of.ts'
import { parseQuery } from './encode/rack.ts'

const accepted: Line = { status: 202 }
const hit = (appId: string, service?: string): Transaction => ({ appId, usage: { hits: 1 }, service })

function transactionsOf(body: string | undefined): readonly unknown[] {
  return Object.values(parseQuery(body!).transactions as object)
}

test('splits at 1,000 transactions and accepts any number', async () => {
  const { client, sent } = scripted([accepted])
  const many = Array.from({ length: 2500 }, (_, index) => hit(`app${index}`))
  expect(await client.report(many)).toEqual({ accepted: 2500 })
  expect(sent.map(({ body }) => transactionsOf(body).length)).toEqual([1000, 1000, 500])
  expect(transactionsOf(sent[1]!.body)[0]).toMatchObject({ app_id: 'app1000' })
})

test('splits at 4,000 parameters, which the backend counts too', async () => {
  const { client, sent } = scripted([accepted])
  const usage = Object.fromEntries(Array.from({ length: 8 }, (_, index) => [`m${index}`, index]))
  const now = Math.floor(Date.now() / 1000)
  await client.report(
    Array.from({ length: 900 }, (_, index) => ({ appId: `${index}`, usage, timestampSeconds: now - index })),
  )
  expect(sent.map(({ body }) => transactionsOf(body).length)).toEqual([400, 400, 100])
  for (const { body } of sent) expect(body!.split('&').length).toBeLessThanOrEqual(4096)
})

test('splits by service, keeps the order within each, and accepts any iterable', async () => {
  const { client, sent } = scripted([accepted])
  function* stream(): Generator<Transaction> {
    yield hit('a')
    yield hit('b', '2')
    yield hit('c', '1001')
    yield hit('d', '2')
  }
  expect(await client.report(stream())).toEqual({ accepted: 4 })
  expect(sent.map(({ body }) => parseQuery(body!).service_id)).toEqual(['1001', '2'])
  expect(transactionsOf(sent[1]!.body)).toMatchObject([{ app_id: 'b' }, { app_id: 'd' }])
})

test('an empty report makes no call', async () => {
  const { client, sent } = scripted([accepted])
  expect(await client.report([])).toEqual({ accepted: 0 })
  expect(sent).toEqual([])
})

test('checks every transaction before the first byte and lists all problems by index', async () => {
  const { client, sent } = scripted([accepted])
  const bad = [
    hit('fine'),
    { usage: { hits: 1 } },
    { appId: 'a', userKey: 'b', usage: { 'a[b]': 1, hits: -1 } },
    { appId: 'a', usage: undefined },
    { appId: 'a\ud800', usage: {}, timestamp: 'yesterday' },
    { appId: 'a', usage: {}, timestamp: new Date(Number.NaN) },
    { appId: 'a', usage: {}, timestamp: 1_768_472_430 },
    { appId: 'a', usage: {}, timestampSeconds: Date.now() },
    { appId: 'a', usage: {}, timestampSeconds: Math.floor(Date.now() / 1000), timestamp: new Date() },
    { appId: 'a', usage: {}, service: '' },
    null,
    { appId: 'a', usage: Object.fromEntries(Array.from({ length: 4000 }, (_, index) => [`m${index}`, 1])) },
  ] as unknown as Transaction[]
  const error = (await rejection(client.report(bad))) as ConfigError
  expect(error).toBeInstanceOf(ConfigError)
  expect(error.problems).toEqual([
    'transactions[1] must have one of appId and userKey',
    'transactions[2] must have one of appId and userKey',
    'transactions[2].usage: the metric name "a[b]" contains a bracket',
    expect.stringMatching(/^transactions\[2\]\.usage: the usage of metric "hits" is neither/),
    'transactions[3].usage must be an object of metric names and amounts',
    'transactions[4].appId is not valid Unicode',
    expect.stringMatching(/^transactions\[4\]\.timestamp must be a valid Date/),
    expect.stringMatching(/^transactions\[5\]\.timestamp must be a valid Date/),
    'transactions[6].timestamp must be a Date or a text; a number of seconds is timestampSeconds',
    'transactions[7].timestampSeconds must be whole seconds since 1970',
    'transactions[8] has both timestamp and timestampSeconds',
    'transactions[10] must be a transaction { appId, usage }',
    'transactions[11] has more than 4000 parameters',
    'service is empty',
  ])
  expect(sent).toEqual([])
})

test('a refusal throws a RejectedError with 3scale’s code and everything unreported', async () => {
  const body =
    '<?xml version="1.0" encoding="UTF-8"?><error code="service_token_invalid">service token "stoken" or service id "1001" is invalid</error>'
  const { client } = scripted([accepted, { status: 403, body }])
  const all = [hit('a'), hit('b', '2'), hit('c', '3')]
  const error = await rejection(client.report(all))
  expect(error).toBeInstanceOf(RejectedError)
  expect(error).toMatchObject({
    code: 'ERR_THREESCALE_REJECTED',
    rejection: 'service_token_invalid',
    status: 403,
    retryable: false,
    accepted: [all[0]],
    unreported: [all[1], all[2]],
    ambiguous: [],
  })
})

const unsent = new TransportError('no connection', { sent: false })
const reset = new TransportError('broke', { sent: true })
const late = new TimeoutError('late', { sent: true })

test.each<[string, Line, 'unreported' | 'ambiguous', unknown]>([
  ['no connection', unsent, 'unreported', TransportError],
  ['429', { status: 429 }, 'unreported', BackendError],
  ['503', { status: 503, headers: { 'retry-after': '3' } }, 'unreported', BackendError],
  ['a redirect', { status: 302 }, 'unreported', ProtocolError],
  ['500', { status: 500 }, 'ambiguous', BackendError],
  ['504', { status: 504 }, 'ambiguous', BackendError],
  ['a reset', reset, 'ambiguous', TransportError],
  ['a time-out', late, 'ambiguous', TimeoutError],
  ['a foreign 202', { status: 202, headers: { 'content-type': 'text/html' } }, 'ambiguous', ProtocolError],
  ['a 200', { status: 200 }, 'ambiguous', ProtocolError],
])(
  '%s after an accepted call: the transactions of the failed call are what the outcome says',
  async (_name, line, where, cause) => {
    const { client, sent } = scripted([accepted, line], { retry: false })
    const all = [hit('a'), hit('b', '2'), hit('c', '3')]
    const error = (await rejection(client.report(all))) as ReportError
    expect(error).toBeInstanceOf(ReportError)
    expect(error.cause).toBeInstanceOf(cause)
    expect(error.retryable).toBe(true)
    expect(error.accepted).toEqual([all[0]])
    expect(error.unreported).toEqual(where === 'unreported' ? [all[1], all[2]] : [all[2]])
    expect(error.ambiguous).toEqual(where === 'ambiguous' ? [all[1]] : [])
    expect(sent).toHaveLength(2)
  },
)

test('a report is sent again only if no byte of it was written', async () => {
  const again = scripted([unsent, accepted])
  expect(await again.client.report([hit('a')])).toEqual({ accepted: 1 })
  const never = scripted([reset, accepted])
  expect(await rejection(never.client.report([hit('a')]))).toMatchObject({ ambiguous: [hit('a')] })
  expect(never.sent).toHaveLength(1)
})

test('an aborted report says what was written and what was not', async () => {
  const backend = await startBackend(() => {})
  const abort = new AbortController()
  const all = [hit('a'), hit('b', '2')]
  const report = clientOf(backend.url).report(all, { signal: abort.signal })
  await eventually(() => backend.requests.length === 1, 'the report')
  abort.abort('enough')
  expect(await rejection(report)).toMatchObject({ ambiguous: [all[0]], unreported: [all[1]], cause: 'enough' })
})

test.each<[Line, object]>([
  [accepted, { kind: 'accepted' }],
  [unsent, { kind: 'not-counted', retryAfterMs: undefined }],
  [
    { status: 429, headers: { 'retry-after': '2' } },
    { kind: 'not-counted', retryAfterMs: 2000 },
  ],
  [{ status: 503 }, { kind: 'not-counted', retryAfterMs: undefined }],
  [{ status: 408 }, { kind: 'not-counted' }],
  [{ status: 401 }, { kind: 'not-counted', retryAfterMs: undefined }],
  [{ status: 400 }, { kind: 'not-counted' }],
  [{ status: 403, body: '<html>', headers: { 'content-type': 'text/html' } }, { kind: 'not-counted' }],
  [{ status: 405 }, { kind: 'not-counted' }],
  [
    { status: 403, body: '<error code="provider_key_invalid">x</error>' },
    { kind: 'refused', code: 'provider_key_invalid' },
  ],
  [{ status: 404 }, { kind: 'not-counted' }],
  [
    { status: 422, body: '<error code="service_id_missing">x</error>' },
    { kind: 'refused', code: 'service_id_missing' },
  ],
  [{ status: 301 }, { kind: 'refused', code: 'redirected' }],
  [{ status: 400, body: '<error code="bad_request">x</error>' }, { kind: 'bad-request' }],
  [{ status: 413 }, { kind: 'too-large' }],
  [{ status: 414 }, { kind: 'too-large' }],
  [{ status: 431 }, { kind: 'too-large' }],
  [{ status: 500 }, { kind: 'unknown' }],
  [{ status: 502 }, { kind: 'unknown' }],
  [{ status: 204 }, { kind: 'unknown' }],
  [reset, { kind: 'unknown' }],
  [late, { kind: 'unknown' }],
])('the outcome of a batch that got %o is %o', async (line, outcome) => {
  const { client } = scripted([line], { retry: false })
  expect(await client.reportBatch({ service: undefined, transactions: [hit('a')] })).toMatchObject(outcome)
})

test('a report that something else than 3scale refuses was not counted and may be sent again', async () => {
  const { client } = scripted([{ status: 404, body: 'default backend', headers: { 'content-type': 'text/plain' } }])
  const all = [hit('a'), hit('b')]
  const error = await rejection(client.report(all))
  expect(error).toBeInstanceOf(ReportError)
  expect(error).toMatchObject({ retryable: true, accepted: [], unreported: all, ambiguous: [] })
  expect((error as Error).cause).toBeInstanceOf(ProtocolError)
})

test('a batch that does not fit into one call is refused before it is sent', async () => {
  const { client, sent } = scripted([accepted])
  const transactions = Array.from({ length: 1001 }, () => hit('a'))
  expect(await rejection(client.reportBatch({ service: '1', transactions }))).toBeInstanceOf(ConfigError)
  expect(sent).toEqual([])
})

import { createEmulator, type EmulatorState } from '@threescale/emulator'
import { expect, test } from 'vitest'
import { answerBy } from '../../../../test/support/answer-by.ts'
import { ManualClock } from '../../../../test/support/manual-clock.ts'
import { rejection } from '../../../../test/support/rejection.ts'
import { scripted } from '../../../../test/support/scripted-client.ts'
import { TRANSPORT } from '../../src/client/transport/transport.ts'
import {
  ArgumentError,
  type AuthorizeCall,
  ConfigError,
  isThreeScaleError,
  ThreeScaleClient,
  type Transaction,
} from '../../src/index.ts'
import { CLOCK } from '../../src/primitives/clock.ts'

const NOW = Date.UTC(2026, 0, 15, 10, 20, 30, 500)
const NOW_SECONDS = Math.floor(NOW / 1000)
const DAY = 24 * 3600
const caller = { userKey: 'k' }

/** What the client says about arguments; fails if it sent anything, or threw before it returned a promise. */
async function refusal(call: (client: ThreeScaleClient) => Promise<unknown>): Promise<ArgumentError> {
  const { client, sent } = scripted([{ status: 202 }], { [CLOCK]: new ManualClock(NOW) })
  const error = await rejection(call(client))
  expect(error).toBeInstanceOf(ArgumentError)
  expect(sent).toEqual([])
  return error as ArgumentError
}

const report = (...transactions: unknown[]) => refusal((client) => client.report(transactions as Transaction[]))
const authrep = (call: unknown) => refusal((client) => client.authrep(caller, call as AuthorizeCall))
const credentials = (given: unknown) => refusal((client) => client.authrep(given as never))

test('an ArgumentError is a ConfigError with a code of its own', async () => {
  const error = await authrep({ tokens: 5 })
  expect(error).toBeInstanceOf(ConfigError)
  expect(error).toMatchObject({ name: 'ArgumentError', code: 'ERR_THREESCALE_ARGUMENT', retryable: false })
  expect(isThreeScaleError(error)).toBe(true)
})

test('an unknown member of a call is refused with what was probably meant', async () => {
  expect((await authrep({ tokens: 5 })).message).toBe(
    'call.tokens is no member of a call; did you mean usage: { tokens: 5 }?',
  )
  expect((await authrep({ 'a b': '#5' })).message).toBe(
    `call["a b"] is no member of a call; did you mean usage: { "a b": '#5' }?`,
  )
  const authorize = await refusal((client) => client.authorize(caller, { usages: { hits: 1 } } as never))
  expect(authorize.message).toBe('call.usages is no member of a call; did you mean usage?')
  expect((await authrep({ service_id: '2' })).message).toContain('did you mean service?')
  expect((await authrep({ app_key: 'x' })).message).toContain('it belongs to the credentials')
  expect((await authrep({ timeoutMs: 500 })).message).toContain('it is an option of the client')
  expect((await authrep({ backendUrl: 'http://x' })).message).toContain('it is an option of the client')
  expect((await authrep({ noBody: true })).message).toContain('it belongs to extensions')
  expect((await authrep({ timestamp: new Date() })).message).toContain('it belongs to a transaction')
  expect((await authrep({ zzz: {} })).message).toContain(
    'which has usage, service, referrer, log, extensions, extra, signal, whenSent',
  )
})

test('an unknown member is refused even if its value is undefined, but an inherited one is not looked at', async () => {
  expect((await authrep({ hit: undefined })).message).toContain('call.hit is no member of a call')
  const { client } = scripted([{ body: '<status><authorized>true</authorized></status>' }])
  const call = Object.assign(Object.create({ tokens: 5 }), { usage: { hits: 1 } })
  expect(await client.authrep(caller, call)).toMatchObject({ authorized: true })
})

test('law 5: a number under a name like a key’s is not quoted', async () => {
  const error = await authrep({ user_key: 12_345_678, serviceTokn: 87_654_321, secret: 11_223_344, appkey: 55_667_788 })
  expect(error.problems).toHaveLength(4)
  expect(error.message).not.toMatch(/\d{8}/)
})

test('an unknown member of credentials is refused, and so is a key beside a user key', async () => {
  expect((await credentials({ user_key: 'k' })).problems).toEqual([
    'credentials.user_key is no member of the credentials; did you mean userKey?',
    'credentials must have exactly one of userKey, appId and clientId',
  ])
  expect((await credentials({ appId: 'a', app_key: 'k' })).message).toContain('did you mean appKey?')
  expect((await credentials({ userKey: 'k', usage: { hits: 1 } })).message).toContain('it belongs to a call')
  expect((await credentials({ userKey: 'k', appKey: 'x' })).message).toContain('go with an id, not with a userKey')
})

test('an unknown member of a report or of a transaction is refused, with the transaction’s index', async () => {
  const fine = { appId: 'a', usage: { hits: 1 } }
  const error = await report(fine, { ...fine, tokens: 5 }, { app_id: 'a', usage: {} }, { ...fine, appKey: 'k' })
  expect(error.problems).toEqual([
    'transactions[1].tokens is no member of a transaction; did you mean usage: { tokens: 5 }?',
    'transactions[2].app_id is no member of a transaction; did you mean appId?',
    'transactions[2] must have one of appId and userKey',
    'transactions[3].appKey is no member of a transaction; it names its application by appId or userKey alone',
  ])
  const call = await refusal((client) => client.report([fine], { serviceId: '2', usage: { hits: 1 } } as never))
  expect(call.problems).toEqual([
    'call.serviceId is no member of a report; did you mean service?',
    'call.usage is no member of a report; it belongs to a call',
  ])
})

test.each<[string, unknown, string]>([
  ['undefined', undefined, 'undefined'],
  ['null', null, 'null'],
  ['a text', 'k', 'a string'],
  ['an array', [{ userKey: 'k' }], 'an array'],
])('credentials that are %s are refused', async (_name, given, kind) => {
  expect((await credentials(given)).message).toContain(`credentials must be an object such as { userKey }, not ${kind}`)
})

test.each<[string, unknown]>([
  ['null', null],
  ['a number', 5],
  ['a text', 'hits'],
  ['an array', [{ hits: 1 }]],
])('a call that is %s is refused', async (_name, call) => {
  expect((await authrep(call)).message).toContain('call must be an object such as { usage }')
  const authorize = refusal((client) => client.authorize(caller, call as never))
  expect((await authorize).message).toContain('call must be an object such as { usage }')
  const reported = refusal((client) => client.report([], call as never))
  expect((await reported).message).toContain('call must be an object such as { service }')
})

test.each<[string, unknown]>([
  ['an object', {}],
  ['a transaction', { appId: 'a', usage: { hits: 1 } }],
  ['undefined', undefined],
  ['null', null],
  ['a text', 'abc'],
  ['a number', 7],
  ['an asynchronous list', (async function* () {})()],
])('transactions that are %s are refused', async (_name, transactions) => {
  const error = await refusal((client) => client.report(transactions as never))
  expect(error.message).toContain('transactions must be a list such as [{ appId, usage }]')
})

test('a member of another type is refused by name', async () => {
  const wrong = [null, 5, 'x', ['y'], true]
  for (const value of wrong) {
    expect((await authrep({ usage: value })).message).toContain('usage must be an object')
    expect((await authrep({ log: value })).message).toContain('log must be an object')
    expect((await authrep({ extra: value })).message).toContain('extra must be an object')
    expect((await authrep({ extensions: value })).message).toContain('extensions must be an object')
    expect((await authrep({ signal: value })).message).toContain('signal must be an AbortSignal')
    expect((await authrep({ whenSent: value })).message).toContain("whenSent must be 'abort' or 'finish'")
    const reported = refusal((client) => client.report([], { signal: value } as never))
    expect((await reported).message).toContain('signal must be an AbortSignal')
    expect((await report({ appId: 'a', usage: {}, log: value })).message).toContain('transactions[0].log must be')
    expect((await report(value)).message).toContain('transactions[0] must be a transaction { appId, usage }')
  }
  expect((await authrep({ referrer: {} })).message).toContain('referrer must be a string')
  expect((await report({ appId: 'a', usage: {}, service: null })).message).toContain('service must be a string')
})

const at = (seconds: number): readonly Transaction[] => [
  { appId: 'a', usage: { hits: 1 }, timestampSeconds: seconds },
  { appId: 'a', usage: { hits: 1 }, timestamp: new Date(seconds * 1000) },
  { appId: 'a', usage: { hits: 1 }, timestamp: new Date(seconds * 1000).toISOString() },
]

test.each([NOW_SECONDS - DAY, NOW_SECONDS + 3600])('a timestamp at the limit is sent: %i', async (seconds) => {
  const { client, sent } = scripted([{ status: 202 }], { [CLOCK]: new ManualClock(NOW) })
  expect(await client.report(at(seconds))).toEqual({ accepted: 3 })
  expect(sent).toHaveLength(1)
})

test.each([
  [NOW_SECONDS - DAY - 1, '24 h 1 s old'],
  [NOW_SECONDS - 48 * 3600, '2 days old'],
  [NOW_SECONDS + 3601, "1 h 1 s ahead of this machine's clock"],
  [NOW_SECONDS + 5 * 3600, "5 h ahead of this machine's clock"],
])('a timestamp that 3scale is sure to drop is refused before the first byte: %i', async (seconds, is) => {
  const fine = { appId: 'a', usage: { hits: 1 }, timestamp: new Date(NOW) }
  const error = await report(fine, ...at(seconds))
  const sentence = `the timestamp is ${is}; 3scale counts none that is more than 24 h old or 1 h ahead`
  expect(error.problems).toEqual([1, 2, 3].map((index) => `transactions[${index}]: ${sentence}`))
})

test('the timestamps that are sent are those that the backend counts', async () => {
  const emulator = createEmulator({ state, clock: new Date(NOW_SECONDS * 1000).toISOString() })
  const client = new ThreeScaleClient({
    serviceId: '1',
    serviceToken: 't',
    [CLOCK]: new ManualClock(NOW),
    [TRANSPORT]: { request: async (request) => answerBy(emulator, request) },
  })
  const hits = () => emulator.usage()['1']?.a?.hits?.eternity ?? 0
  for (const offset of [-DAY - 1, -DAY, 3600, 3601]) {
    const transaction = at(NOW_SECONDS + offset)[0]!
    const before = hits()
    // The gateway's way of reporting, which judges no timestamp, shows what the backend does.
    await client.reportBatch({ service: '1', transactions: [transaction] })
    const counts = hits() > before
    const sends = await client.report([transaction]).then(
      () => true,
      () => false,
    )
    expect({ offset, sends }).toEqual({ offset, sends: counts })
  }
  expect(hits()).toBe(4)
})

test('the message of many problems shows twenty of them, `problems` has all', async () => {
  const error = await report(...Array.from({ length: 1000 }, () => ({})))
  expect(error.problems.length).toBeGreaterThanOrEqual(1000)
  expect(error.message.split('\n')).toHaveLength(22)
  expect(error.message).toContain('more, in `problems`')
})

const state: EmulatorState = {
  services: [
    {
      id: '1',
      provider_key: 'p',
      service_tokens: ['t'],
      backend_version: '2',
      metrics: [{ id: '1', name: 'hits' }],
      plans: [{ id: 'p', name: 'P' }],
      applications: [{ id: 'a', plan: 'p' }],
    },
  ],
}

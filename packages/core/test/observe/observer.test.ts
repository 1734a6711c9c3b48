import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { inspect } from 'node:util'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { ManualClock } from '../../../../test/support/manual-clock.ts'
import type { Allowed, Denied } from '../../src/decision/decision.ts'
import { CHANNELS } from '../../src/observe/channels.ts'
import type { CallMessage } from '../../src/observe/messages.ts'
import { createObserver, type Observer } from '../../src/observe/observer.ts'
import { systemClock } from '../../src/primitives/clock.ts'
import { errorPage } from '../../src/primitives/error-page.ts'

const allowed = {
  outcome: 'allow',
  source: 'backend',
  service: '1',
  application: { id: 'app' },
  usage: { hits: 1 },
} as unknown as Allowed
const denied = { outcome: 'deny', code: 'limits_exceeded', status: 429, retryAfterMs: 1000, reason: 'x' } as Denied
/** What process.emitWarning gets beside the sentence. */
const warningOf = (code: string) => ({ type: 'ThreeScaleWarning', code, detail: `See ${errorPage(code)}` })

const call: CallMessage = {
  endpoint: 'authrep',
  service: '1',
  outcome: 'authorized',
  status: 200,
  code: undefined,
  durationMs: 1,
}

function observing(options: Partial<Parameters<typeof createObserver>[0]> = {}): Observer {
  return createObserver({
    logger: undefined,
    clock: systemClock,
    mode: 'enforce',
    warnings: [],
    ...options,
  })
}

function listening() {
  const lines: { level: string; facts: object; message: string }[] = []
  const at = (level: string) => (facts: object, message: string) => void lines.push({ level, facts, message })
  return { lines, logger: { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') } }
}

const undo: (() => void)[] = []
afterEach(() => {
  for (const one of undo.splice(0)) one()
  vi.restoreAllMocks()
})

function heard(channel: string): unknown[] {
  const messages: unknown[] = []
  const hear = (message: unknown) => void messages.push(message)
  subscribe(channel, hear)
  undo.push(() => unsubscribe(channel, hear))
  return messages
}

describe('decisions', () => {
  it('are counted by outcome and by code', () => {
    const observer = observing()
    observer.decided(allowed, '1', { userKey: 'k' })
    observer.decided(denied, '1', { userKey: 'k' })
    observer.decided(denied, '1', { userKey: 'k' })
    observer.decided({ outcome: 'skip' }, undefined, undefined)
    expect(observer.counts().decisions).toEqual({ allowed: 1, limits_exceeded: 2, skipped: 1 })
  })

  it('are published with a masked caller', () => {
    const messages = heard(CHANNELS.decision)
    const observer = observing({ mode: 'observe' })
    observer.decided(allowed, '1', { userKey: 'secret' })
    observer.decided(denied, '1', { appId: 'secret', appKey: 'secret-key' })
    expect(messages).toMatchObject([
      { outcome: 'allow', enforced: false, service: '1', source: 'backend', usage: { hits: 1 }, code: undefined },
      { outcome: 'deny', code: 'limits_exceeded', status: 429, retryAfterMs: 1000, usage: undefined },
    ])
    expect(messages[0]).toHaveProperty('caller', expect.stringMatching(/^userKey:[0-9a-f]{8}$/))
    expect(inspect(messages)).not.toContain('secret')
  })

  it('law 12: make no message without a subscriber', () => {
    const touchy = new Proxy(allowed, {
      get: (target, name) => {
        if (name !== 'outcome') throw new Error(`read ${String(name)}`)
        return target.outcome
      },
    })
    const credentials = new Proxy({ userKey: 'k' }, { has: () => expect.fail('looked at the credentials') })
    observing().decided(touchy, '1', credentials)
  })

  it('law 10: are counted under a bounded number of codes', () => {
    const observer = observing()
    for (let index = 0; index < 500; index++) observer.decided({ ...denied, code: `code_${index}` }, '1', undefined)
    const { decisions } = observer.counts()
    expect(Object.keys(decisions)).toHaveLength(103)
    expect(decisions.other).toBe(400)
  })
})

describe('calls', () => {
  it('are counted by endpoint and published as they are', () => {
    const messages = heard(CHANNELS.call)
    const observer = observing()
    observer.called(call)
    observer.called({ ...call, endpoint: 'report', outcome: 'accepted', status: 202 })
    expect(observer.counts().calls).toEqual({ authrep: 1, report: 1 })
    expect(messages).toHaveLength(2)
  })

  it('tell the logger when the backend stops answering and when it answers again, not each time', () => {
    const { lines, logger } = listening()
    const observer = observing({ logger })
    const failed = { ...call, outcome: 'failed', status: undefined, code: 'ERR_THREESCALE_TIMEOUT' } as const
    for (const one of [call, failed, failed, failed, call, call]) observer.called(one)
    expect(lines.map(({ level, message }) => [level, message])).toEqual([
      ['warn', 'the 3scale backend does not answer'],
      ['info', 'the 3scale backend answers again'],
    ])
  })
})

describe('a backend that does not answer', () => {
  const failed = {
    ...call,
    outcome: 'failed',
    status: undefined,
    code: 'ERR_THREESCALE_TRANSPORT',
    durationMs: 0,
  } as const

  it.each([
    ['ECONNREFUSED', /refuses connections \(ECONNREFUSED\); check backendUrl/],
    ['ENOTFOUND', /is not found \(ENOTFOUND\); check backendUrl/],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', /no acceptable TLS certificate \(DEPTH_ZERO_SELF_SIGNED_CERT\); .* dispatcher/],
    ['timeout', /gave no answer in time/],
    ['UND_ERR_SOCKET', /broke the connection \(UND_ERR_SOCKET\)/],
    ['503', /answers 503$/],
  ])('is told with host and cause: %s', (cause, sentence) => {
    const { lines, logger } = listening()
    observing({ logger }).called(failed, { host: 'backend.test:3000', cause })
    expect(lines).toMatchObject([{ level: 'warn', facts: { host: 'backend.test:3000', cause } }])
    expect(lines[0]!.message).toMatch(/^the 3scale backend does not answer: backend\.test:3000 /)
    expect(lines[0]!.message).toMatch(sentence)
  })

  it('is a process warning, once per outage, if there is no logger', () => {
    const emit = vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
    const clock = new ManualClock(1_000_000)
    const observer = observing({ clock })
    const failure = { host: 'backend.test:3000', cause: 'ECONNREFUSED' }
    for (let outage = 0; outage < 2; outage++) {
      for (const one of [failed, failed]) observer.called(one, failure)
      clock.skip(20_000)
      observer.called({ ...call, durationMs: 0 })
      clock.skip(1)
    }
    expect(emit.mock.calls).toEqual(
      [1, 2].map(() => [
        expect.stringContaining('backend.test:3000 refuses connections'),
        warningOf('THREESCALE_BACKEND_UNREACHABLE'),
      ]),
    )
  })
})

describe('a backend that answers every other call', () => {
  const failed = { ...call, outcome: 'failed', status: 500, code: 'ERR_THREESCALE_BACKEND' } as const

  it('is told of once in 10 s, and then as it is', () => {
    const clock = new ManualClock(1_000_000)
    const { lines, logger } = listening()
    const observer = observing({ logger, clock })
    for (let index = 0; index < 100; index++) {
      observer.called({ ...(index % 2 === 0 ? failed : call), durationMs: 0 })
      clock.skip(1)
    }
    expect(lines.map(({ level }) => level)).toEqual(['warn', 'info'])
    observer.called({ ...failed, durationMs: 0 })
    clock.skip(10_000)
    observer.called({ ...failed, durationMs: 0 })
    expect(lines.map(({ level }) => level)).toEqual(['warn', 'info', 'warn'])
  })
})

describe('an answer that is not 3scale’s', () => {
  const failed = { ...call, outcome: 'failed', status: 404, code: 'ERR_THREESCALE_PROTOCOL' } as const
  const foreign = { host: 'ingress.test:8080', status: 404, contentType: 'text/plain' }

  it('is told once per outage, with status, host, type and what to look at', () => {
    const clock = new ManualClock(1_000_000)
    const { lines, logger } = listening()
    const observer = observing({ logger, clock })
    for (const one of [failed, failed, failed]) observer.called(one, foreign)
    clock.skip(1)
    // It was under way when the outage began.
    observer.called({ ...call, durationMs: 50 })
    clock.skip(10)
    // A proxy that says that a report is too large is not 3scale either.
    observer.called({ ...call, endpoint: 'report', outcome: 'refused', status: 413, durationMs: 0 }, foreign)
    observer.called(failed, foreign)
    observer.called({ ...call, durationMs: 0 })
    expect(lines.map(({ level }) => level)).toEqual(['warn', 'info'])
    expect(lines[0]).toMatchObject({ facts: { ...foreign, endpoint: 'authrep' } })
    expect(lines[0]!.message).toMatch(/^ingress\.test:8080 .* 404, .* text\/plain; check backendUrl/)
  })

  it('is a process warning, once, if there is no logger', () => {
    const emit = vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
    const observer = observing()
    for (const one of [failed, call, failed]) observer.called({ ...one, durationMs: 0 }, foreign)
    expect(emit.mock.calls).toEqual([
      [expect.stringContaining('ingress.test:8080'), warningOf('THREESCALE_FOREIGN_ANSWER')],
    ])
  })
})

describe('the operator', () => {
  it('learns of a misconfiguration with its code and sentence', () => {
    const { lines, logger } = listening()
    observing({ logger }).misconfigured('service_token_invalid', 'service token "***" is invalid')
    expect(lines).toEqual([
      {
        level: 'error',
        facts: { code: 'service_token_invalid' },
        message: '3scale refuses our settings: service token "***" is invalid',
      },
    ])
  })

  it('gets a process warning per code if there is no logger', () => {
    const emit = vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
    const observer = observing({ warnings: ['backendUrl is plain http'] })
    for (let index = 0; index < 3; index++) observer.misconfigured('metric_invalid', 'metric "x" is invalid')
    expect(emit.mock.calls).toEqual([
      ['backendUrl is plain http', warningOf('THREESCALE_OPTIONS_1')],
      ['3scale refuses our settings: metric "x" is invalid', warningOf('metric_invalid')],
    ])
  })

  it('is not told again within a minute, and then with the number of times that were left out', () => {
    const clock = new ManualClock(1_000_000)
    const { lines, logger } = listening()
    const observer = observing({ logger, clock })
    for (let index = 0; index < 5; index++) observer.warn('clock', 'the clock is wrong')
    clock.skip(60_000)
    observer.warn('clock', 'the clock is wrong', { skewMs: 5 })
    expect(lines.map(({ facts }) => facts)).toEqual([{ code: 'clock' }, { code: 'clock', skewMs: 5, heldBack: 4 }])
  })
})

describe('losses', () => {
  const loss = {
    kind: 'given-up',
    reason: 'application_gone',
    service: '1',
    applicationId: 'secret-app',
    usage: { hits: 3, lookup: 1 },
  } as const
  const GIVEN_UP = 'usage was given up: hits 3, lookup 1; 3scale does not know the application any more'

  it('law 8: are published and logged, with a masked name of the application', () => {
    const messages = heard(CHANNELS.loss)
    const { lines, logger } = listening()
    observing({ logger }).lost(loss)
    expect(messages).toMatchObject([{ kind: 'given-up', reason: 'application_gone', usage: loss.usage }])
    expect(messages[0]).toHaveProperty('application', expect.stringMatching(/^appId:[0-9a-f]{8}$/))
    expect(lines).toMatchObject([{ level: 'warn', message: GIVEN_UP }])
    expect(inspect([messages, lines])).not.toContain('secret-app')
  })

  it('law 8: cause one process warning if there is no logger', () => {
    const emit = vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
    const observer = observing()
    observer.lost(loss)
    observer.lost(loss)
    expect(emit.mock.calls).toEqual([[GIVEN_UP, warningOf('THREESCALE_USAGE_GIVEN_UP_APPLICATION_GONE')]])
  })
})

it('publishes cache events, reports and the breaker, and logs when calls pause', () => {
  const cache = heard(CHANNELS.cache)
  const reports = heard(CHANNELS.report)
  const breakers = heard(CHANNELS.breaker)
  const { lines, logger } = listening()
  const observer = observing({ logger })
  observer.cached('miss', '1', { userKey: 'k' })
  observer.reported({ service: '1', transactions: 2, outcome: 'accepted', status: 202, code: undefined, durationMs: 3 })
  observer.breaker({ state: 'open' })
  observer.breaker({ state: 'half-open' })
  observer.breaker({ state: 'closed' })
  expect(cache).toMatchObject([{ event: 'miss', service: '1' }])
  expect(reports).toMatchObject([{ outcome: 'accepted', transactions: 2 }])
  expect(breakers).toMatchObject([{ state: 'open' }, { state: 'half-open' }, { state: 'closed' }])
  expect(lines.map(({ level }) => level)).toEqual(['debug', 'warn', 'info'])
})

it('logs once for an outage that calls pause, however many probes fail', () => {
  const { lines, logger } = listening()
  const observer = observing({ logger })
  const breaker = (...states: ('open' | 'half-open' | 'closed')[]) => {
    for (const state of states) observer.breaker({ state })
  }
  breaker('open', 'half-open', 'open', 'half-open', 'open', 'half-open', 'closed', 'open', 'half-open', 'open')
  expect(lines.map(({ level }) => level)).toEqual(['warn', 'info', 'warn'])
})

describe('a document that cannot be fetched', () => {
  const endpoint = 'http://127.0.0.1:3000/realms/words'
  const source = { event: 'failed', source: 'portal', from: 'acme.example', services: [] } as const

  it.each([
    ['status_403', /\(status_403; is the access token revoked or expired/],
    ['no_services', /\(no_services; is a version promoted, .* portal\.serviceIds\?\)/],
    [
      'ECONNREFUSED',
      /\(ECONNREFUSED; check portal\.endpoint, and that it can be reached from here\): every request is answered 503/,
    ],
    ['status_404', /\(status_404; is portal\.endpoint the address of an admin portal\?\)/],
    ['status_500', /\(status_500\): every request is answered 503/],
  ])('of the portal: %s comes with what to look at', (code, sentence) => {
    const { lines, logger } = listening()
    observing({ logger }).configuration({ ...source, code }, false)
    expect(lines).toMatchObject([{ level: 'warn', message: expect.stringMatching(sentence) }])
  })

  it.each([
    ['status_404', /words cannot be read \(status_404; is the address of the issuer right\? .*\): no access token/],
    ['ERR_THREESCALE_TIMEOUT', /words cannot be read \(ERR_THREESCALE_TIMEOUT\): no access token/],
  ])('of an identity provider: %s comes with what to look at', (code, sentence) => {
    const { lines, logger } = listening()
    observing({ logger }).keys({ event: 'failed', endpoint, issuer: undefined, keys: 0, code })
    expect(lines).toMatchObject([{ level: 'warn', message: expect.stringMatching(sentence) }])
  })
})

import { describe, expect, it } from 'vitest'
import { imbalance } from '../../../../test/support/imbalance.ts'
import type { Line } from '../../../../test/support/scripted-client.ts'
import { ACCEPTED, openReporting, refusal } from '../../../../test/support/test-reporting.ts'
import { TimeoutError, TransportError } from '../../src/errors.ts'
import { sendBatch } from '../../src/reporting/send-batch.ts'

const HTML = { status: 200, headers: { 'content-type': 'text/html' }, body: '<html>welcome</html>' }

async function send(lines: readonly Line[], usages: readonly Record<string, number>[] = [{ hits: 3 }]) {
  const reporting = openReporting(lines)
  for (const [index, usage] of usages.entries()) {
    reporting.admit(reporting.learn(`a${index}`, [], { metrics: Object.keys(usage) }), usage)
  }
  const [batch] = reporting.take()
  const result = await sendBatch(batch!, reporting.options)
  expect(imbalance(reporting.whole)).toEqual({})
  return { reporting, batch: batch!, result, sums: reporting.whole.sums().hits }
}

describe('a batch that is answered with', () => {
  it('202 is acknowledged', async () => {
    const { result, sums, reporting } = await send([ACCEPTED])
    expect(result).toEqual({ kind: 'delivered' })
    expect(sums).toMatchObject({ acknowledged: 3, pending: 0, inFlight: 0 })
    expect(reporting.reported).toMatchObject([{ outcome: 'accepted', status: 202, transactions: 1 }])
  })

  const crowdedOut = new TimeoutError('no connection', { sent: false, crowdedOut: true })

  it.each<[string, Line, number | undefined, string, boolean]>([
    ['nothing, because it was never sent', new TransportError('refused', { sent: false }), undefined, 'unsent', true],
    ['nothing, because too much is asked at once', crowdedOut, undefined, 'unsent', false],
    ['429', { status: 429 }, undefined, 'busy', false],
    ['503 and when to come back', { status: 503, headers: { 'retry-after': '7' } }, 7000, 'busy', true],
  ])('%s is surely not counted and waits again', async (_what, line, retryAfterMs, outcome, outage) => {
    const { result, sums, reporting } = await send([line])
    expect(result).toEqual({ kind: 'failed', retryAfterMs, outage })
    expect(sums).toMatchObject({ pending: 3, inFlight: 0 })
    expect(reporting.reported).toMatchObject([{ outcome }])
    expect([reporting.whole.records, reporting.unanswered]).toEqual([1, []])
  })

  it.each([
    [401, 'unauthorized'],
    [403, 'service_token_invalid'],
    [404, 'service_id_invalid'],
    [422, 'provider_key_invalid'],
  ])('%i and a refusal of our credentials waits again, and the operator is told', async (status, code) => {
    const { result, sums, reporting } = await send([refusal(status, code)])
    expect(result).toEqual({ kind: 'rejected' })
    expect(sums).toMatchObject({ pending: 3 })
    expect([reporting.misconfigured, reporting.reported.map(({ outcome }) => outcome)]).toEqual([[code], ['rejected']])
  })

  it('400 is halved until the bad transaction is alone, which is given up', async () => {
    const bad = refusal(400, 'bad_request')
    const lines = [bad, ACCEPTED, bad, bad, ACCEPTED]
    const { result, sums, reporting } = await send(lines, [{ hits: 1 }, { hits: 2 }, { hits: 4 }, { hits: 8 }])
    expect(result).toEqual({ kind: 'delivered' })
    expect(reporting.reported.map(({ transactions, outcome }) => [transactions, outcome])).toEqual([
      [4, 'refused'],
      [2, 'accepted'],
      [2, 'refused'],
      [1, 'refused'],
      [1, 'accepted'],
    ])
    expect(sums).toMatchObject({ acknowledged: 11, givenUp: 4 })
    expect(reporting.losses).toMatchObject([{ reason: 'refused', applicationId: 'a2', usage: { hits: 4 } }])
  })

  it.each([413, 414, 431])('%i is halved', async (status) => {
    const { sums, reporting } = await send([{ status }, ACCEPTED], [{ hits: 1 }, { hits: 2 }])
    expect(reporting.reported.map(({ outcome }) => outcome)).toEqual(['too-large', 'accepted', 'accepted'])
    expect(sums).toMatchObject({ acknowledged: 3 })
  })

  it.each([413, 414, 431])(
    'law 8: %i to a single transaction is not about its size, so its usage waits',
    async (status) => {
      const { result, sums, reporting } = await send([{ status }], [{ hits: 3 }])
      expect(result).toEqual({ kind: 'failed', retryAfterMs: undefined, outage: false })
      expect(sums).toMatchObject({ pending: 3, givenUp: 0 })
      expect(reporting.reported.map(({ outcome }) => outcome)).toEqual(['unsent'])
    },
  )

  it('400 keeps the second half while the backend cannot take the first', async () => {
    const lines = [refusal(400, 'bad_request'), { status: 503 }]
    const { result, sums, reporting } = await send(lines, [{ hits: 1 }, { hits: 2 }])
    expect(result).toMatchObject({ kind: 'failed' })
    expect([sums!.pending, reporting.sent.length]).toEqual([3, 2])
  })

  it.each<[string, Line]>([
    ['500', { status: 500 }],
    ['502', { status: 502 }],
    ['504', { status: 504 }],
    ['another 2xx', { status: 200 }],
    ['a page in place of an answer', HTML],
    ['nothing, after it was sent', new TransportError('reset', { sent: true })],
    ['nothing in time', new TimeoutError('no answer', { sent: true })],
  ])('%s may have been counted', async (_what, line) => {
    const { result, sums, reporting, batch } = await send([line])
    expect(result).toEqual({ kind: 'failed', retryAfterMs: undefined, outage: true })
    expect(sums).toMatchObject({ ambiguous: 3, pending: 0 })
    expect([reporting.unanswered, reporting.reported.map(({ outcome }) => outcome)]).toEqual([[batch], ['ambiguous']])
  })
})

it('a client that is closed keeps the usage waiting', async () => {
  const reporting = openReporting([ACCEPTED])
  reporting.admit(reporting.learn('a1', [], { metrics: ['hits'] }), { hits: 3 })
  const [batch] = reporting.take()
  await reporting.options.client.close()
  expect(await sendBatch(batch!, reporting.options)).toEqual({ kind: 'closed' })
  expect([reporting.whole.sums().hits!.pending, reporting.sent, reporting.reported]).toEqual([3, [], []])
})

it('an outcome that comes after the batch was given up changes nothing', async () => {
  const reporting = openReporting([ACCEPTED])
  reporting.admit(reporting.learn('a1', [], { metrics: ['hits'] }), { hits: 3 })
  const [batch] = reporting.take()
  const sending = sendBatch(batch!, reporting.options)
  batch!.giveUp('closed', true)
  expect(await sending).toEqual({ kind: 'closed' })
  expect(reporting.whole.sums().hits).toMatchObject({ givenUp: 3, acknowledged: 0 })
})

it('law 9: transactions go by application id, with the minute and the code of the response', async () => {
  const reporting = openReporting([ACCEPTED])
  const application = reporting.learn('a1', [], { metrics: ['hits'] })
  reporting.countAsOwn(application, { hits: 3 }, 404)
  await sendBatch(reporting.take()[0]!, reporting.options)
  expect(reporting.sent[0]).toContain(
    'transactions[0][app_id]=a1&transactions[0][usage][hits]=3&transactions[0][timestamp]=1773138000',
  )
  expect(reporting.sent[0]).toContain('transactions[0][log][code]=404')
})

it('law 17: a large batch lets other work run before it is encoded, and is not sent if it was given up meanwhile', async () => {
  const reporting = openReporting([])
  const application = reporting.learn('a', [], { metrics: ['hits'] })
  for (let n = 0; n < 200; n++) reporting.countAsOwn(application, { hits: 1 }, 200 + n)
  const [batch] = reporting.take()
  const sending = sendBatch(batch!, reporting.options)
  batch!.giveUp('closed', true)
  expect(await sending).toEqual({ kind: 'closed' })
  expect(reporting.reported).toEqual([])
  expect(reporting.whole.sums().hits).toMatchObject({ givenUp: 200, inFlight: 0 })
  expect(imbalance(reporting.whole)).toEqual({})
})

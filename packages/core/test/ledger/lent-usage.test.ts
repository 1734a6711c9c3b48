import type { BatchState, ServiceStore, StoredBatch, StoredRow } from '@threescale/core'
import { expect, it } from 'vitest'
import { imbalance } from '../../../../test/support/imbalance.ts'
import { ManualClock, settled } from '../../../../test/support/manual-clock.ts'
import { LentUsage } from '../../src/ledger/lent/lent-usage.ts'
import type { Batch } from '../../src/ledger/usage/batch.ts'
import { takeBatches } from '../../src/ledger/usage/take-batches.ts'

const MINUTE = Date.UTC(2026, 2, 10, 10, 20)

/** A store that notes what it is told. */
function lend(rows: readonly (readonly [application: string, metric: string, amount: number, code?: number])[]) {
  const clock = new ManualClock(MINUTE + 30_000)
  const told: string[] = []
  const losses: unknown[] = []
  let parts = 0
  let confirms = true
  const nameOf = ({ application, metric, amount }: StoredRow) => `${application} ${metric} ${amount}`
  const store = {
    time: () => clock.now() + 7,
    application: (id: string) => ({ id }),
    book({ id }: { id: string }, { usage }: { usage: object }, code?: number) {
      told.push(`book ${id} ${JSON.stringify(usage)} ${code}`)
    },
    settle: async ({ id }: StoredBatch, to: BatchState) => {
      told.push(`${id} ${to}`)
      return confirms
    },
    part: async (batch: StoredBatch, moved: readonly StoredRow[]) => {
      parts += 1
      told.push(`part ${parts}: ${moved.map(nameOf).join(', ')}`)
      return confirms ? { ...batch, id: `part ${parts}`, rows: moved } : undefined
    },
  } as unknown as ServiceStore
  const lent = new LentUsage({
    store,
    id: 's1',
    clock,
    settleMs: 60_000,
    limitedMetrics: (id) => (id === 'a1' ? ['calls'] : []),
    observer: { lost: (loss) => void losses.push(loss), warn: () => {}, cached: () => {} },
    onWaiting: () => {},
  })
  const stored = rows.map(([application, metric, amount, code]) => ({
    application,
    minute: MINUTE,
    metric,
    amount,
    code,
  }))
  const provedAgo = (ms: number) => clock.now() + 7 - ms
  const proved = new Map([
    ['a1', provedAgo(4000)],
    ['a2', provedAgo(8000)],
  ])
  const batch: StoredBatch = { id: 'whole', rows: stored, more: false, isOrphaned: false, proved }
  lent.put(batch)
  lent.service.prove(['hits', 'mb'], clock.elapsed())
  const take = (provedWithinMs = 1e9) => takeBatches(lent.service, { provedWithinMs, late: 're-stamp' })
  const send = async (one: Batch) => {
    if (await lent.permit(one)) one.send()
  }
  const check = () => void expect(imbalance(lent.ledger)).toEqual({})
  const refuse = () => {
    confirms = false
  }
  return { clock, lent, told, losses, take, send, check, refuse, batch }
}

it('a report of all that was lent is the batch of the store', async () => {
  const { told, take, send, check } = lend([
    ['a1', 'hits', 3],
    ['a1', 'mb', 5],
    ['a2', 'hits', 1, 404],
  ])
  const [batch] = take()
  expect(batch!.rows.map(({ row }) => [row.records, row.ownTransaction?.code])).toEqual([
    [2, undefined],
    [1, 404],
  ])
  await send(batch!)
  batch!.acknowledge()
  check()
  expect(told).toEqual(['whole flight', 'whole acked'])
})

it('a report of a part of it is made a batch of its own, and the rest goes back at the end', async () => {
  const { lent, told, take, send, check } = lend([
    ['a1', 'hits', 3],
    ['a2', 'hits', 1],
  ])
  // Only the first was proved lately, so the other one goes alone.
  const [first, second] = take(5000)
  await send(first!)
  first!.acknowledge()
  second!.takeBack(false)
  await lent.putBack()
  await settled()
  check()
  expect(told).toEqual(['part 1: a1 hits 3', 'part 1 flight', 'part 1 acked', 'whole back'])
  expect(lent.returned).toEqual({ hits: 1 })
  expect([lent.ledger.records, lent.ledger.busy.size]).toEqual([0, 1])
})

it('halves of a batch are parted from it', async () => {
  const { told, take, send, check } = lend([
    ['a1', 'hits', 3],
    ['a2', 'hits', 1],
  ])
  const [whole] = take()
  await send(whole!)
  const [first, second] = whole!.halve()
  await send(first)
  first.acknowledge()
  await send(second)
  second.giveUp('refused', false)
  check()
  expect(told).toEqual([
    'whole flight',
    'part 1: a1 hits 3',
    'part 1 flight',
    'part 1 acked',
    'whole flight',
    'whole gone',
  ])
})

it('what was given up before it was sent is gone, and the rest goes back', async () => {
  const { lent, told, losses, check } = lend([
    ['a1', 'hits', 3],
    ['a2', 'hits', 1],
  ])
  lent.noteGone('a2')
  await lent.putBack()
  await settled()
  check()
  expect(told).toEqual(['part 1: a1 hits 3', 'part 1 back', 'whole gone'])
  expect(losses).toMatchObject([{ reason: 'application_gone', usage: { hits: 1 } }])
})

it('what was given up as a whole is gone', async () => {
  const { lent, told, check } = lend([['a1', 'hits', 3]])
  lent.noteGone('a1')
  await lent.putBack()
  check()
  expect([told, lent.returned]).toEqual([['whole gone'], {}])
})

it('nothing is permitted that the store does not confirm, and it all goes back', async () => {
  const { lent, told, take, check, refuse } = lend([['a1', 'hits', 3]])
  refuse()
  const [batch] = take()
  expect(await lent.permit(batch!)).toBe(false)
  batch!.takeBack(false)
  await lent.putBack()
  check()
  expect(told).toEqual(['whole flight', 'whole back'])
})

it('a batch that 3scale has dropped after all is booked anew', async () => {
  const { lent, told, take, send, check } = lend([['a1', 'hits', 3, 200]])
  const [batch] = take()
  await send(batch!)
  batch!.acknowledge()
  batch!.doubt({ kind: 'unknown' })
  expect(batch!.state).toBe('ambiguous')
  batch!.takeBack(true)
  check()
  expect(told).toEqual(['whole flight', 'whole acked', 'book a1 {"hits":3} 200'])
  expect(lent.ledger.records).toBe(0)
})

it('an ambiguous batch goes back whole, or without what is gone', async () => {
  const { lent, told, take, send, check } = lend([
    ['a1', 'hits', 3],
    ['a2', 'hits', 1],
  ])
  const [batch] = take()
  await send(batch!)
  batch!.leaveUnanswered()
  batch!.doubt({ kind: 'application', id: 'a2' })
  batch!.takeBack(true)
  check()
  expect(told).toEqual(['whole flight', 'whole ambiguous', 'whole gone', 'book a1 {"hits":3} undefined'])
  expect(lent.ledger.sums().hits).toMatchObject({ admitted: 1, givenUp: 1 })
})

it('usage that was held and usage that was not are one row', async () => {
  const { lent, told, take, send } = lend([
    ['a1', 'hits', 3],
    ['a1', 'hits', 4],
  ])
  const [batch] = take()
  expect(batch!.rows.map(({ row }) => row.amountOf(lent.service.metrics.slotOf('hits')))).toEqual([7])
  await send(batch!)
  expect(told).toEqual(['whole flight'])
})

it('an application is proved by the answer to any process, unless it was deleted since', () => {
  const { lent, clock, batch } = lend([
    ['a1', 'hits', 3],
    ['a3', 'hits', 1],
  ])
  const provedAt = (id: string) => lent.service.overflowOf(id)!.provedAt
  expect([provedAt('a1'), provedAt('a3')]).toEqual([clock.elapsed() - 4000, Number.NEGATIVE_INFINITY])
  const { metrics } = lent.service
  expect(metrics.provedAt(metrics.slotOf('calls'))).toBe(clock.elapsed() - 4000)
  lent.noteGone('a1')
  lent.put({ ...batch, id: 'another' })
  expect(provedAt('a1')).toBe(Number.NEGATIVE_INFINITY)
})

it('what is on its way to the store when all ends is not sent', async () => {
  const { lent, told, take, check } = lend([['a1', 'hits', 3]])
  const [batch] = take()
  const permitted = lent.permit(batch!)
  await lent.end()
  expect([await permitted, batch!.state]).toEqual([false, 'over'])
  await lent.told()
  check()
  expect(told.at(-1)).toBe('whole back')
})

import { expect, it } from 'vitest'
import { imbalance } from '../../../../../test/support/imbalance.ts'
import { openLedger, SETTLE_MS } from '../../../../../test/support/test-ledger.ts'
import type { Batch } from '../../../src/ledger/usage/batch.ts'
import { takeBatches } from '../../../src/ledger/usage/take-batches.ts'

function openBatch(applications = 1, onWaiting = (): void => {}) {
  const ledger = openLedger({ onWaiting })
  for (let index = 0; index < applications; index++) {
    ledger.admit(ledger.learn(`a${index}`, [['hits', 'day', 100, 0]], { metrics: ['hits'] }), { hits: 3 })
  }
  ledger.clock.skip(1000)
  const [batch] = takeBatches(ledger.service, { provedWithinMs: 1e9, late: 're-stamp' })
  return { ...ledger, batch: batch! }
}

it('a batch is in each of its states since it entered it', () => {
  const { clock, batch } = openBatch()
  expect([batch.state, batch.since]).toEqual(['inFlight', 1000])
  clock.skip(200)
  batch.leaveUnanswered()
  expect([batch.state, batch.since]).toEqual(['ambiguous', 1200])
  clock.skip(30)
  batch.takeBack(true)
  expect([batch.state, batch.since]).toEqual(['over', 1230])
})

it.each<[string, (batch: Batch) => void]>([
  ['acknowledged', (batch) => batch.acknowledge()],
  ['over', (batch) => batch.giveUp('ambiguous', true)],
  ['over', (batch) => batch.undo()],
])('a batch is %s since that happened', (state, become) => {
  const { clock, batch } = openBatch()
  clock.skip(200)
  become(batch)
  expect([batch.state, batch.since]).toEqual([state, 1200])
})

it('the halves of a batch are in flight since it was halved', () => {
  const { clock, batch } = openBatch(2)
  clock.skip(200)
  const halves = batch.halve()
  expect([batch, ...halves].map(({ state, since }) => [state, since])).toEqual([
    ['over', 1200],
    ['inFlight', 1200],
    ['inFlight', 1200],
  ])
})

it('tells the reporter once that all of its usage waits again, and not at all that it was halved', () => {
  let told = 0
  const { batch, whole } = openBatch(4, () => void told++)
  told = 0
  const halves = batch.halve()
  expect(told).toBe(0)
  for (const half of halves) half.takeBack(false)
  expect([told, whole.records, whole.busy.size, imbalance(whole)]).toEqual([2, 4, 4, {}])
})

it('an acknowledged batch is settled settleMs after the acknowledgement, however long its answer took', () => {
  const { clock, batch, learn, known } = openBatch()
  clock.skip(SETTLE_MS)
  batch.acknowledge()
  clock.skip(SETTLE_MS - 1)
  // The backend may not have counted it yet.
  expect(known(learn('a0', [['hits', 'day', 100, 0]]))).toEqual([3])
  clock.skip(1)
  expect(known(learn('a0', [['hits', 'day', 100, 0]]))).toEqual([0])
})

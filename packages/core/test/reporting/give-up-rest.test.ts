import { expect, it } from 'vitest'
import { imbalance } from '../../../../test/support/imbalance.ts'
import { openLedger } from '../../../../test/support/test-ledger.ts'
import { takeBatches } from '../../src/ledger/usage/take-batches.ts'
import { giveUpRest, releaseAwaitingResponse } from '../../src/reporting/give-up-rest.ts'

it('law 8: returns all that is left, and counts it as given up with the reason', async () => {
  const ledger = openLedger()
  const application = ledger.learn('a1', [], { metrics: ['hits', 'orders'] })
  const take = () => takeBatches(ledger.service, { provedWithinMs: 1e9, late: 're-stamp' })[0]!
  ledger.admit(application, { hits: 1 })
  take().acknowledge()
  ledger.admit(application, { hits: 2 })
  take().leaveUnanswered()
  ledger.admit(application, { hits: 4 })
  take()
  ledger.admit(application, { orders: 8 })
  expect(await giveUpRest(ledger.whole)).toEqual({ hits: 6, orders: 8 })
  expect(ledger.losses.map(({ reason, usage }) => [reason, { ...usage }])).toEqual([
    ['closed', { orders: 8 }],
    ['ambiguous', { hits: 2 }],
    ['closed', { hits: 4 }],
  ])
  expect([imbalance(ledger.whole), ledger.whole.records]).toEqual([{}, 0])
  expect(await giveUpRest(ledger.whole)).toEqual({})
})

it('responses that will not end do not hold their usage back', async () => {
  const ledger = openLedger()
  const application = ledger.learn('a1', [], { metrics: ['hits'] })
  ledger.countAsOwn(application, { hits: 1 })
  ledger.countAsOwn(application, { hits: 1 }, 404)
  await releaseAwaitingResponse(ledger.whole)
  const [batch] = takeBatches(ledger.service, { provedWithinMs: 1e9, late: 're-stamp' })
  expect(batch!.rows.map(({ row }) => row.ownTransaction!.code)).toEqual([404, undefined])
})

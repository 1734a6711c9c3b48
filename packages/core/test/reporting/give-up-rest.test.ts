import { expect, it } from 'vitest'
import { imbalance } from '../../../../test/support/imbalance.ts'
import { openLedger } from '../../../../test/support/test-ledger.ts'
import { takeBatches } from '../../src/ledger/usage/take-batches.ts'
import { giveUpRest, releaseAwaitingResponse } from '../../src/reporting/give-up-rest.ts'

it('law 8: returns all that is left, and counts it as given up with the reason', () => {
  const books = openLedger()
  const application = books.learn('a1', [], { metrics: ['hits', 'orders'] })
  const take = () => takeBatches(books.service, { provedWithinMs: 1e9, late: 're-stamp' })[0]!
  books.admit(application, { hits: 1 })
  take().acknowledge()
  books.admit(application, { hits: 2 })
  take().leaveUnanswered()
  books.admit(application, { hits: 4 })
  take()
  books.admit(application, { orders: 8 })
  expect(giveUpRest(books.ledger)).toEqual({ hits: 6, orders: 8 })
  expect(books.losses.map(({ reason, usage }) => [reason, { ...usage }])).toEqual([
    ['closed', { orders: 8 }],
    ['ambiguous', { hits: 2 }],
    ['closed', { hits: 4 }],
  ])
  expect([imbalance(books.ledger), books.ledger.records]).toEqual([{}, 0])
  expect(giveUpRest(books.ledger)).toEqual({})
})

it('responses that will not end do not hold their usage back', () => {
  const books = openLedger()
  const application = books.learn('a1', [], { metrics: ['hits'] })
  books.countAsOwn(application, { hits: 1 })
  books.countAsOwn(application, { hits: 1 }, 404)
  releaseAwaitingResponse(books.ledger)
  const [batch] = takeBatches(books.service, { provedWithinMs: 1e9, late: 're-stamp' })
  expect(batch!.rows.map(({ row }) => row.ownTransaction!.code)).toEqual([404, undefined])
})

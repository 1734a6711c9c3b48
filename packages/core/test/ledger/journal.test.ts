import { describe, expect, it } from 'vitest'
import { MirrorJournal } from '../../../../test/support/mirror-journal.ts'
import { openLedger, type TestLedger } from '../../../../test/support/test-ledger.ts'
import { createUsageShape as shapeOf } from '../../src/domain/usage.ts'
import type { ApplicationLedger } from '../../src/ledger/application-ledger.ts'
import { Batch } from '../../src/ledger/usage/batch.ts'
import { doubtApplication, doubtMetric } from '../../src/ledger/usage/doubt.ts'
import { giveUpMetric, giveUpWaiting } from '../../src/ledger/usage/losses.ts'
import { takeBatches } from '../../src/ledger/usage/take-batches.ts'

interface Opened {
  readonly ledger: TestLedger
  readonly journal: MirrorJournal
  readonly a: ApplicationLedger
  readonly b: ApplicationLedger
}

function open(): Opened {
  const ledger = openLedger()
  const journal = new MirrorJournal(ledger.whole)
  const [a, b] = ['a', 'b'].map((id) => ledger.learn(id, [['hits', 'day', 100]], { metrics: ['orders'] }))
  ledger.admit(a!, { hits: 1, orders: 5 })
  ledger.admit(a!, { hits: 1, orders: 5 })
  ledger.admit(b!, { hits: 2 })
  return { ledger, journal, a: a!, b: b! }
}

const take = ({ service }: TestLedger, late: 're-stamp' | 'late' = 're-stamp'): Batch[] =>
  takeBatches(service, { provedWithinMs: 1e9, late })

const MOVES: Readonly<Record<string, (opened: Opened) => void>> = {
  'usage that is admitted': () => {},
  'usage that waits for its response': ({ ledger, a }) => {
    const row = ledger.countAsOwn(a, { hits: 3 })
    a.release(row!, 200)
  },
  'batches that are taken': ({ ledger }) => void take(ledger),
  'an acknowledged batch': ({ ledger }) => take(ledger)[0]!.acknowledge(),
  'a batch without an answer': ({ ledger }) => take(ledger)[0]!.leaveUnanswered(),
  'a batch that is taken back': ({ ledger }) => take(ledger)[0]!.takeBack(false),
  'a batch that is sent again': ({ ledger, a }) => {
    take(ledger)[0]!.takeBack(true)
    ledger.admit(a, { hits: 1 })
  },
  'halves of a batch': ({ ledger }) => take(ledger)[0]!.halve()[0].acknowledge(),
  'a batch that is given up': ({ ledger }) => take(ledger)[0]!.giveUp('ambiguous', true),
  'a batch that turns out doubtful': ({ ledger, a }) => {
    take(ledger)[0]!.acknowledge()
    doubtApplication(a)
  },
  'a batch with a deleted metric': ({ ledger, a, b }) => {
    take(ledger)[0]!.leaveUnanswered()
    doubtMetric(ledger.service, [a, b], 'orders')
  },
  'a reservation that is kept': ({ a }) => reserve(a).acknowledge(),
  'a reservation that is undone': ({ a }) => reserve(a).undo(),
  'usage of a deleted application': ({ a }) => giveUpWaiting(a, 'application_gone'),
  'usage of a deleted metric': ({ a }) => giveUpMetric(a, 'metric_gone', 'orders'),
  'usage that is stamped anew': ({ ledger }) => {
    ledger.clock.skip(24 * 3_600_000)
    take(ledger)
  },
  'usage that is too late': ({ ledger }) => {
    ledger.clock.skip(24 * 3_600_000)
    take(ledger, 'late')
  },
  'usage of a caller that is proved later': ({ ledger, a }) => {
    const unverified = ledger.service.unverified()
    ledger.admit(unverified, { hits: 4 })
    ledger.service.adopt(unverified, a)
  },
  'usage of callers of whom one is proved, and another one given up': ({ ledger, a }) => {
    const [genuine, stranger] = [ledger.service.unverified(), ledger.service.unverified()]
    for (const one of [genuine, stranger]) ledger.admit(one, { hits: 4 })
    giveUpWaiting(stranger, 'unproven')
    ledger.service.adopt(genuine, a)
  },
  'usage of an application that had no room at first': ({ ledger }) => {
    ledger.admit(ledger.service.overflow('c', 0), { hits: 1 })
    const kept = ledger.learn('c', [['hits', 'day', 100]], { metrics: ['orders'] })
    ledger.admit(kept, { hits: 2, orders: 1 })
    giveUpMetric(kept, 'metric_gone', 'orders')
  },
  'usage of an application that was evicted while a batch was open': ({ ledger, a }) => {
    const [batch] = take(ledger)
    ledger.whole.eviction.forget(a)
    const anew = ledger.learn('a', [['hits', 'day', 100]], { metrics: ['orders'] })
    ledger.admit(anew, { hits: 2, orders: 1 })
    giveUpWaiting(anew, 'application_gone')
    batch!.takeBack(false)
  },
}

function reserve(application: ApplicationLedger): Batch {
  const { planLimits, service } = application
  const footprint = planLimits.footprintOf(shapeOf({ hits: 7 }), service.ledger.clock.now())
  const row = application.reserve(footprint, service.ledger.clock.now())!
  return new Batch(service, [{ application, row }], 'reserved')
}

describe('law 16: a journal is told of', () => {
  it.each(Object.entries(MOVES))('%s', (_, move) => {
    const opened = open()
    move(opened)
    const { written, held } = opened.journal.compare()
    expect(written).toEqual(held)
  })
})

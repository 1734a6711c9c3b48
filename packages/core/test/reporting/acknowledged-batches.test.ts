import { expect, test } from 'vitest'
import { openLedger, SETTLE_MS } from '../../../../test/support/test-ledger.ts'
import { takeBatches } from '../../src/ledger/usage/take-batches.ts'
import { AcknowledgedBatches } from '../../src/reporting/acknowledged-batches.ts'

const GRACE_MS = 10_000
const NEVER = Number.POSITIVE_INFINITY

/** Reports that were acknowledged a second apart, each about one application. The answers say nothing of them. */
async function acknowledged({ reports = 1, answers = true } = {}) {
  const ledger = openLedger()
  const asked: [application: string, atMs: number][] = []
  const world = {
    ledger,
    asked,
    answers,
    batches: [] as ReturnType<typeof takeBatches>,
    proving: undefined! as AcknowledgedBatches,
  }
  for (let n = 0; n < reports; n++) {
    ledger.admit(ledger.learn(`a${n}`, [], { metrics: ['hits'] }), { hits: 1 })
    const [batch] = takeBatches(ledger.service, { provedWithinMs: 1e9, late: 're-stamp' })
    batch!.acknowledge()
    world.batches.push(batch!)
    ledger.clock.skip(1000)
  }
  const startedAt = ledger.clock.elapsed()
  world.proving = new AcknowledgedBatches({
    clock: ledger.clock,
    batches: ledger.whole.batches,
    settleMs: SETTLE_MS,
    graceMs: GRACE_MS,
    prove: async ({ id }) => {
      asked.push([id!, ledger.clock.elapsed() - startedAt])
      return world.answers
    },
  })
  return world
}

/** Asks whenever it is due, as the reporter does, and not after `untilMs`. */
async function proveWhenDue({ ledger: { clock }, proving }: Awaited<ReturnType<typeof acknowledged>>, untilMs: number) {
  const end = clock.elapsed() + untilMs
  for (let due = proving.dueAt; due <= end; due = proving.dueAt) {
    clock.skip(Math.max(0, due - clock.elapsed()))
    await proving.prove()
  }
  clock.skip(end - clock.elapsed())
}

test('law 10: a batch that no answer proves is asked about three times, with pauses, and is then taken to be counted', async () => {
  const world = await acknowledged()
  const first = SETTLE_MS + GRACE_MS - 1000
  await world.proving.prove()
  expect(world.asked).toEqual([])
  await proveWhenDue(world, 3_600_000)
  expect(world.asked).toEqual([
    ['a0', first],
    ['a0', first + GRACE_MS],
    ['a0', first + 2 * GRACE_MS],
  ])
  expect([world.batches[0]!.awaitsProof, world.proving.dueAt]).toEqual([false, NEVER])
  expect(world.ledger.losses).toEqual([])
})

test('law 10: while no answer comes there is one question at each pause, however many batches are due', async () => {
  const world = await acknowledged({ reports: 20, answers: false })
  await proveWhenDue(world, SETTLE_MS + 10 * GRACE_MS)
  const first = SETTLE_MS + GRACE_MS - 20_000
  expect(world.asked.map(([, atMs]) => atMs)).toEqual(Array.from({ length: 12 }, (_, n) => first + n * GRACE_MS))
})

test('questions without an answer are no rounds: after an outage each batch still has three', async () => {
  const world = await acknowledged({ reports: 3, answers: false })
  await proveWhenDue(world, SETTLE_MS + 20 * GRACE_MS)
  expect(world.batches.every(({ awaitsProof }) => awaitsProof)).toBe(true)
  world.asked.length = 0
  world.answers = true
  await proveWhenDue(world, 3_600_000)
  const rounds = world.batches.map((_, n) => world.asked.filter(([id]) => id === `a${n}`).length)
  expect(rounds).toEqual([3, 3, 3])
  expect(world.proving.dueAt).toBe(NEVER)
})

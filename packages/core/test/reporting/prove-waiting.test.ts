import { expect, it, vi } from 'vitest'
import { openLedger } from '../../../../test/support/test-ledger.ts'
import { Slice } from '../../src/primitives/slice.ts'
import { proveWaiting } from '../../src/reporting/prove-waiting.ts'

it('law 17: goes on with the slice of the flush, so that a phase does not begin a turn anew', async () => {
  const ledger = openLedger()
  ledger.admit(ledger.learn('a1', [], { metrics: ['hits'] }), { hits: 1 })
  ledger.clock.skip(60_000)
  const now = vi.spyOn(performance, 'now').mockReturnValue(1000)
  try {
    const slice = new Slice()
    now.mockReturnValue(1005)
    let others = 0
    setImmediate(() => void others++)
    const asked: number[] = []
    const prove = async () => void asked.push(others)
    await proveWaiting(ledger.whole, { intervalMs: 10_000, ttlMs: 10_000 }, prove, slice)
    expect(asked).toEqual([1])
  } finally {
    now.mockRestore()
  }
})

// @ts-check
/**
 * Compares direct authrep in Express with a call written by hand on a bare undici pool, to the same stub: one that asks for
 * nothing but the status, and one that asks for as much as the gateway.
 */
import { createStage } from '../http/stage.js'
import { interleave } from '../measure/interleave.js'
import { contendersTable, throughputRow } from './http-rows.js'

/** @type {import('./index.js').Benchmark} */
export async function byHand(plan) {
  const stage = await createStage()
  try {
    const hand = 'express, undici by hand'
    const sameQuestion = 'express, undici by hand, the same question'
    const direct = 'express, direct'
    const runs = await interleave(
      [
        await stage.add(hand, 'by-hand'),
        await stage.add(sameQuestion, 'by-hand', { options: true }),
        await stage.add(direct, 'express-ours', { cache: false }),
      ],
      // Short turns and many of them, because all do nearly the same.
      { rounds: 4 * plan.rounds, seconds: plan.seconds / 2 },
    )
    const rows = [throughputRow(runs, direct, hand, 0.95), throughputRow(runs, direct, sameQuestion)]
    return { rows, detail: contendersTable(runs), runs }
  } finally {
    await stage.clear()
  }
}

// @ts-check
/** Compares the emulator with bare node:http that sends the same bytes: the cost of imitating the backend. */
import { emulatorPath } from '../http/apps/emulator.js'
import { createStage } from '../http/stage.js'
import { interleave } from '../measure/interleave.js'
import { contendersTable, throughputRow } from './http-rows.js'

/** @type {import('./index.js').Benchmark} */
export async function emulator(plan) {
  const applications = 1000
  const stage = await createStage({ paths: Array.from({ length: applications }, (_, number) => emulatorPath(number)) })
  try {
    const ours = 'emulator, authrep, 3 limits'
    const bare = 'node:http, same bytes'
    const runs = await interleave(
      [await stage.add(bare, 'same-bytes', { applications }), await stage.add(ours, 'emulator', { applications })],
      plan,
    )
    return { rows: [throughputRow(runs, ours, bare)], detail: contendersTable(runs), runs }
  } finally {
    await stage.clear()
  }
}

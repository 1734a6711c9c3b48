// @ts-check
/** Compares 3scale's npm client with ours, all over TLS to the same stub, because the npm client supports only TLS. */
import { createStage } from '../http/stage.js'
import { interleave } from '../measure/interleave.js'
import { assertRefreshed, contendersTable, throughputRow } from './http-rows.js'

/** @type {import('./index.js').Benchmark} */
export async function npmClient(plan) {
  const stage = await createStage({ tls: true })
  try {
    const theirs = 'express, npm client 3scale 0.7.6'
    const direct = 'express, direct (TLS)'
    const cached = 'express, cached (TLS)'
    const fastify = 'fastify, cached (TLS)'
    const runs = await interleave(
      [
        await stage.add(theirs, 'npm-client'),
        await stage.add(direct, 'express-ours', { cache: false }),
        await stage.add(cached, 'express-ours', { cache: true }),
        await stage.add(fastify, 'fastify-ours', { cache: true }),
      ],
      plan,
    )
    assertRefreshed(runs, cached)
    return {
      rows: [
        throughputRow(runs, direct, theirs, 1.5),
        throughputRow(runs, cached, theirs, 2.7),
        throughputRow(runs, fastify, theirs, 8),
      ],
      detail: contendersTable(runs),
      runs,
    }
  } finally {
    await stage.clear()
  }
}

// @ts-check
/** Measures access tokens: a decision about a known one, and a new one beside `jwtVerify` alone. */
import { inProcess } from '../in-process/contender.js'
import { figuresOf, interleave, ratiosOf } from '../measure/interleave.js'
import { row } from '../measure/row.js'

/** @type {import('./index.js').Benchmark} */
export async function tokens(plan) {
  const contenders = []
  try {
    for (const what of ['known', 'user key', 'new', 'jose'])
      contenders.push(await inProcess(what, 'tokens.js', { what }))
    const runs = await interleave(contenders, { ...plan, seconds: plan.seconds / 3 })
    const micros = (/** @type {string} */ name) => figuresOf(runs, name, 'cpuMicros')
    const byKey = micros('user key')
    const added = micros('known').map((known, round) => known - (byKey[round] ?? Number.NaN))
    return {
      rows: [
        row('a known access token, beyond a user key', added, { unit: 'us', max: 3 }),
        row('a decision about a known access token', micros('known'), { unit: 'us' }),
        row('the same about a user key in a header', byKey, { unit: 'us' }),
        row('a new RS256 token', micros('new'), { unit: 'us' }),
        row('jwtVerify of the same token', micros('jose'), { unit: 'us' }),
        row('new token against jwtVerify alone', ratiosOf(runs, 'new', 'jose', 'cpuMicros'), { unit: 'x', max: 1.2 }),
      ],
      runs,
    }
  } finally {
    await Promise.all(contenders.map((contender) => contender.stop()))
  }
}

// @ts-check
/**
 * `npm run bench` runs all benchmarks, `npm run bench -- NAME …` some. Prints one table, writes bench/results/*.json,
 * and exits with status 1 if a number is not reached. `--before FOLDER` also measures decisions of another checkout,
 * which has been built.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { parseArgs } from 'node:util'
import { BENCHMARKS } from './benchmarks/index.js'
import { rowsTable } from './measure/table.js'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    list: { type: 'boolean', default: false },
    rounds: { type: 'string', default: '9' },
    seconds: { type: 'string', default: '0.5' },
    before: { type: 'string' },
  },
})

if (values.list) {
  console.log(Object.keys(BENCHMARKS).join('\n'))
} else {
  const unknown = positionals.filter((name) => !(name in BENCHMARKS))
  if (unknown.length > 0) {
    console.error(`no benchmark ${unknown.join(', ')}; there are: ${Object.keys(BENCHMARKS).join(', ')}`)
    process.exitCode = 2
  } else {
    process.exitCode = await run(positionals.length > 0 ? positionals : Object.keys(BENCHMARKS))
  }
}

/**
 * @param {string[]} names
 * @returns {Promise<number>} exit status
 */
async function run(names) {
  const { before } = values
  const plan = { rounds: Number(values.rounds), seconds: Number(values.seconds), before }
  const machine = { node: process.version, cpu: cpus()[0]?.model ?? '', cores: cpus().length }
  console.log(`Node ${machine.node}, ${machine.cores} x ${machine.cpu}; ${plan.rounds} rounds of ${plan.seconds} s\n`)
  const folder = new URL('results/', import.meta.url)
  mkdirSync(folder, { recursive: true })
  /** @type {import('./measure/row.js').Row[]} */
  const rows = []
  let failed = false
  for (const name of names) {
    const started = new Date()
    try {
      const { rows: found, detail, runs } = await /** @type {any} */ (BENCHMARKS[name])(plan)
      if (detail !== undefined) console.log(`${name}\n${detail}\n`)
      rows.push(...found)
      const json = {
        name,
        started,
        tookMs: Date.now() - started.getTime(),
        machine,
        plan,
        rows: found,
        runs: Object.fromEntries(runs ?? []),
      }
      writeFileSync(new URL(`${name}.json`, folder), `${JSON.stringify(json, undefined, 1)}\n`)
    } catch (error) {
      failed = true
      console.error(`${name} failed: ${error instanceof Error ? error.stack : error}\n`)
    }
  }
  console.log(rowsTable(rows))
  const missed = rows.filter(({ reached }) => reached === false).length
  const promised = rows.filter(({ reached }) => reached !== undefined).length
  console.log(
    `\n${promised - missed} of ${promised} numbers reached, in ${(performance.now() / 60_000).toFixed(1)} minutes`,
  )
  return failed || missed > 0 ? 1 : 0
}

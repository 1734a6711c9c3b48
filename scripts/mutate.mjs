// Changes the sources in small ways at random, one at a time, and prints the changes that no test notices.
// mutate.mjs COUNT [--seed N] [--only NUMBER] [--in FOLDER]
import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { chooseTests } from './mutate/choose-tests.mjs'
import { copyTree, filesOf, removeCopies } from './mutate/copy-tree.mjs'
import { coverageOf } from './mutate/coverage.mjs'
import { findMutants, isValid, mutate } from './mutate/find-mutants.mjs'
import { report } from './mutate/report.mjs'
import { endRuns, runTests } from './mutate/test-run.mjs'
import { ROOT } from './pack.mjs'

const PARALLEL = 2
const SOURCES = 'packages/core/src'
// They test what is packed, built or committed, which a copy is not, or the emulator alone, which runs nothing of core.
const NOT_IN_A_COPY =
  /^(packages\/emulator\/test|test\/(packaging|e2e|examples|repository))\/|^test\/documentation\/(code-blocks|links)\./

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { seed: { type: 'string' }, only: { type: 'string' }, in: { type: 'string', default: SOURCES } },
})
const count = Number(positionals[0] ?? (values.only === undefined ? Number.NaN : 1))
const seed = Number(values.seed ?? Math.floor(Math.random() * 1_000_000))
if (!Number.isSafeInteger(count) || count < 1 || !Number.isSafeInteger(seed)) {
  console.error('npm run mutate -- COUNT [--seed N] [--only NUMBER] [--in FOLDER]')
  process.exit(1)
}

process.on('exit', () => {
  endRuns()
  removeCopies()
})
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) process.on(signal, () => process.exit(130))
// npm passes a signal to its shell only, which dies of it without telling us.
const parent = process.ppid
setInterval(() => process.ppid !== parent && process.exit(130), 200).unref()

const began = Date.now()
const files = filesOf(ROOT)
const sources = files.filter((file) => file.startsWith(SOURCES) && /(?<!\.d)\.ts$/.test(file))
const tests = files.filter((file) => /^(packages\/[^/]+\/)?test\/.*\.test\.ts$/.test(file) && !NOT_IN_A_COPY.test(file))
const copies = Array.from({ length: PARALLEL }, () => copyTree(ROOT, files))
console.log(`Seed ${seed}. Finding out which tests run which code, unless that is known for this state of the tree...`)
const coverage = await coverageOf(ROOT, copies, files, sources, tests)
console.log(`Ready after ${Math.round((Date.now() - began) / 1000)} s.`)

const all = findMutants(ROOT, sources, seed).filter(({ file }) => file.startsWith(values.in))
const texts = new Map(sources.map((file) => [file, readFileSync(join(ROOT, file), 'utf8')]))
const textOf = (/** @type {string} */ file) => texts.get(file) ?? ''
const chosen =
  values.only === undefined
    ? all.filter((mutant) => isValid(textOf(mutant.file), mutant)).slice(0, count)
    : all.filter(({ number }) => number === Number(values.only))

/** @type {Record<import('./mutate/report.mjs').Outcome, number>} */
const counts = { killed: 0, survived: 0, 'timed out': 0, 'not run by any test': 0, 'refused by the compiler': 0 }
const waiting = [...chosen]

/**
 * @param {string} copy
 * @param {readonly string[]} candidates
 * @returns {Promise<{ outcome: import('./mutate/report.mjs').Outcome, failure: string | undefined }>}
 */
async function judge(copy, candidates) {
  const { outcome, failure } = await runTests(copy, candidates, { usualMs })
  if (outcome !== 'passed') return { outcome: outcome === 'failed' ? 'killed' : outcome, failure }
  // Last, because few survive: such a mistake does not get past `npm run check` either.
  if (!compiles(copy)) return { outcome: 'refused by the compiler', failure: 'tsc' }
  return { outcome: candidates.length === 0 ? 'not run by any test' : 'survived', failure: undefined }
}

/** @param {string} copy */
function compiles(copy) {
  const tsc = join(copy, 'node_modules/typescript/bin/tsc')
  return spawnSync(process.execPath, [tsc, '-p', 'packages/core', '--noEmit'], { cwd: copy }).status === 0
}

/** @param {string} copy */
async function work(copy) {
  for (let mutant = waiting.shift(); mutant !== undefined; mutant = waiting.shift()) {
    const file = join(copy, mutant.file)
    const text = textOf(mutant.file)
    const candidates = chooseTests(mutant, coverage)
    writeFileSync(file, mutate(text, mutant))
    const { outcome, failure } = await judge(copy, candidates)
    writeFileSync(file, text)
    counts[outcome]++
    console.log(report(mutant, text, outcome, failure, candidates.length, seed))
  }
}
const usualMs = new Map(Object.entries(coverage.took))
await Promise.all(copies.map(work))

const minutes = ((Date.now() - began) / 60_000).toFixed(1)
const words = Object.entries(counts).map(([outcome, number]) => `${number} ${outcome}`)
console.log(`\nSeed ${seed}, ${chosen.length} of ${all.length} possible mutants, ${minutes} minutes`)
console.log(words.join(', '))
process.exit()

// Which test files run which pieces of the sources, and how long they take: found out once for each state of the tree.
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { instrument } from './instrument.mjs'
import { runTests } from './test-run.mjs'

/**
 * @typedef {object} Coverage
 * @property {Record<string, import('./instrument.mjs').Site[]>} sites by source file
 * @property {Record<string, number[]>} hits ids of sites, by test file
 * @property {Record<string, number>} took milliseconds, by test file
 */

// The rest of the tree has no part in what a test runs.
const DECIDES = /^(packages|test)\/|^(pnpm-lock\.yaml|vitest\.config\.ts)$|^scripts\/mutate\/(coverage|instrument)\./

/**
 * @param {string} root of the working tree, which keeps the result
 * @param {readonly string[]} copies
 * @param {readonly string[]} files all files of a copy
 * @param {readonly string[]} sources
 * @param {readonly string[]} tests
 * @returns {Promise<Coverage>}
 */
export async function coverageOf(root, copies, files, sources, tests) {
  const kept = join(root, 'node_modules/.cache/mutate', `${digest(copies[0] ?? '', files, sources)}.json`)
  if (existsSync(kept)) return JSON.parse(readFileSync(kept, 'utf8'))
  /** @type {Coverage} */
  const coverage = { sites: {}, hits: {}, took: {} }
  let id = 0
  for (const source of sources) {
    const original = readFileSync(join(copies[0] ?? '', source), 'utf8')
    const { text, sites } = instrument(source, original, id)
    id += sites.length
    coverage.sites[source] = sites
    for (const copy of copies) writeFileSync(join(copy, source), text)
  }
  const parts = copies.map((_, part) => tests.filter((_, index) => index % copies.length === part))
  const runs = await Promise.all(
    copies.map((copy, part) => runTests(copy, parts[part] ?? [], { record: true, goOn: true })),
  )
  for (const [part, { took }] of runs.entries()) {
    for (const [file, ms] of took) {
      coverage.took[file] = ms
      coverage.hits[file] = readHits(join(copies[part] ?? '', `${file}.hits.json`))
    }
  }
  for (const source of sources) {
    for (const copy of copies) writeFileSync(join(copy, source), readFileSync(join(root, source)))
  }
  // Some tests read the sources as text, in which they now find more than there is.
  const again = runs.flatMap(({ failed }) => [...failed])
  const usualMs = new Map(Object.entries(coverage.took))
  const { failed } =
    again.length === 0 ? { failed: [] } : await runTests(copies[0] ?? '', again, { goOn: true, usualMs })
  for (const file of failed) {
    console.log(`Left out, as it fails in a copy without any mutant: ${file}`)
    delete coverage.hits[file]
  }
  if (Object.keys(coverage.hits).length < tests.length / 2) throw new Error('Most tests fail without any mutant.')
  rmSync(dirname(kept), { recursive: true, force: true })
  mkdirSync(dirname(kept), { recursive: true })
  writeFileSync(kept, JSON.stringify(coverage))
  return coverage
}

/** @param {string} file */
function readHits(file) {
  // A test file that does not load writes none, and is run once more.
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : []
}

/** @param {string} copy @param {readonly string[]} files @param {readonly string[]} sources */
function digest(copy, files, sources) {
  const hash = createHash('sha256').update(sources.join('\n'))
  for (const file of files.filter((one) => DECIDES.test(one))) {
    hash.update(`${file}\0`).update(readFileSync(join(copy, file)))
  }
  return hash.digest('hex').slice(0, 16)
}

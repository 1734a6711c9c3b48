// Chooses the test files that can kill a mutant, those that probably do so first.
import { basename, dirname } from 'node:path'

// The tests that find mistakes in the sources fastest; all others come after them.
const ORDER = [/^packages\/core\//, /^test\/(laws|model|contract)\//, /^test\/(faults|conformance)\//]

/**
 * @param {import('./find-mutants.mjs').Mutant} mutant
 * @param {import('./coverage.mjs').Coverage} coverage
 * @returns {string[]} none where no test runs the code
 */
export function chooseTests(mutant, coverage) {
  const { start, end } = mutant.inside ?? mutant
  const around = (coverage.sites[mutant.file] ?? []).filter((site) => site.start <= start && site.end >= end)
  const nearest = around.sort((a, b) => a.end - a.start - (b.end - b.start))[0]
  // Code outside of every site, such as the name of an export, runs with whatever else of the module runs.
  const ids = new Set((nearest === undefined ? coverage.sites[mutant.file] : [nearest])?.map(({ id }) => id))
  return Object.entries(coverage.hits)
    .filter(([, hits]) => hits.some((id) => ids.has(id)))
    .map(([file]) => ({ file, rank: rankOf(file, mutant.file), ms: coverage.took[file] ?? 0 }))
    .sort((a, b) => a.rank - b.rank || a.ms - b.ms)
    .map(({ file }) => file)
}

/** @param {string} test @param {string} source */
function rankOf(test, source) {
  const name = basename(source, '.ts')
  const folder = basename(dirname(source))
  if (basename(test).split('.')[0] === name) return 0
  if (dirname(test).split('/').includes(folder)) return 1
  const place = ORDER.findIndex((pattern) => pattern.test(test))
  return 2 + (place === -1 ? ORDER.length : place)
}

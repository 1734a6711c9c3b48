// Says what became of one mutant: a line for one that tests noticed, a small diff for one that a person has to judge.
import { mutate } from './find-mutants.mjs'

/** @typedef {'killed' | 'survived' | 'timed out' | 'not run by any test' | 'refused by the compiler'} Outcome */

// An emptied function may be long.
const MAX_LINES = 12

/**
 * @param {import('./find-mutants.mjs').Mutant} mutant
 * @param {string} text of the module, unchanged
 * @param {Outcome} outcome
 * @param {string | undefined} failure what noticed it
 * @param {number} tests how many test files run the code
 * @param {number} seed
 */
export function report(mutant, text, outcome, failure, tests, seed) {
  const line = text.slice(0, mutant.start).split('\n').length
  const head = `${outcome}  #${mutant.number} ${mutant.file}:${line} ${mutant.operator}`
  if (failure !== undefined) return `${head}  (${failure})`
  return [
    '',
    head,
    ...difference(text, mutant),
    outcome === 'survived' ? `  ${tests} test files run it, all pass` : '  no test runs it',
    `  again: npm run mutate -- --seed ${seed} --only ${mutant.number}`,
    '',
  ].join('\n')
}

/** @param {string} text @param {import('./find-mutants.mjs').Mutant} mutant */
function difference(text, mutant) {
  const from = text.lastIndexOf('\n', mutant.start - 1) + 1
  const lineEnd = text.indexOf('\n', mutant.end)
  const to = lineEnd === -1 ? text.length : lineEnd
  const changed = mutate(text, mutant)
  return [...marked('-', text.slice(from, to)), ...marked('+', changed.slice(from, to + changed.length - text.length))]
}

/** @param {string} mark @param {string} text */
function marked(mark, text) {
  const lines = text.split('\n').map((line) => `  ${mark} ${line}`)
  return lines.length <= MAX_LINES ? lines : [...lines.slice(0, MAX_LINES), `  ${mark} ... (${lines.length} lines)`]
}

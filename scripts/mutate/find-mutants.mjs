// Finds what can be changed in a list of modules, and brings it into an order that a seed decides.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { changesOf } from './operators.mjs'
import { parse, walk } from './syntax.mjs'

/**
 * @typedef {import('./operators.mjs').Change & { file: string, number: number }} Mutant
 *   `number`: its place in the order, from 1
 */

// Nearly every test notices them, so they come up a third as often.
const COARSE = new Set(['other text', 'empty block', 'return undefined'])

/**
 * @param {string} root
 * @param {readonly string[]} files paths from the root
 * @param {number} seed
 * @returns {Mutant[]}
 */
export function findMutants(root, files, seed) {
  const found = [...files].sort().flatMap((file) => mutantsOf(file, readFileSync(join(root, file), 'utf8')))
  return inOrder(found, seed).map((mutant, index) => ({ ...mutant, number: index + 1 }))
}

/**
 * Whether the module is still one. `??` beside `||` needs parentheses, and a module that does not load proves nothing.
 *
 * @param {string} text of the module, unchanged
 * @param {Mutant} mutant
 */
export function isValid(text, mutant) {
  return parse(mutant.file, mutate(text, mutant)) !== undefined
}

/**
 * The text with the change in it.
 *
 * @param {string} text
 * @param {import('./operators.mjs').Change} mutant
 */
export function mutate(text, { start, end, by }) {
  return text.slice(0, start) + by + text.slice(end)
}

/** @param {string} file @param {string} text */
function mutantsOf(file, text) {
  /** @type {Omit<Mutant, 'number'>[]} */
  const found = []
  const tree = parse(file, text)
  if (tree === undefined) throw new Error(`${file} cannot be parsed`)
  walk(tree, (node, parents) => {
    if (isMessage(node, parents)) return
    for (const change of changesOf(node, text, parents)) found.push({ ...change, file })
  })
  return found
}

/**
 * Whether the node belongs to the words of an error, which tests need not repeat.
 *
 * @param {import('./syntax.mjs').Node} node
 * @param {import('./syntax.mjs').Node[]} parents
 */
function isMessage(node, parents) {
  return [...parents, node].some((one, index, all) => {
    const parent = all[index - 1]
    return parent?.type === 'NewExpression' && /Error$/.test(parent.callee.name) && parent.arguments[0] === one
  })
}

/**
 * @param {Omit<Mutant, 'number'>[]} mutants
 * @param {number} seed
 */
function inOrder(mutants, seed) {
  const random = generator(seed)
  return mutants
    .map((mutant) => ({ mutant, at: -Math.log(random()) * (COARSE.has(mutant.operator) ? 3 : 1) }))
    .sort((a, b) => a.at - b.at)
    .map(({ mutant }) => mutant)
}

/** Numbers from 0 up to 1, the same for the same seed (mulberry32). @param {number} seed */
function generator(seed) {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

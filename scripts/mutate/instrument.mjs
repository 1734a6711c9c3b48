// Makes a module note which of its statements and branches run, so that only tests that reach a mutant are run for it.
import { isType, parse, walk } from './syntax.mjs'

/**
 * @typedef {object} Site a piece of a module of which it is noted whether it runs
 * @property {number} id
 * @property {number} start
 * @property {number} end
 */

const LOOPS = /^(For|ForIn|ForOf|While|DoWhile)Statement$/
const FUNCTION = /Function(Declaration|Expression)$/

/**
 * @param {string} file
 * @param {string} text
 * @param {number} firstId ids count up from here
 * @returns {{ text: string, sites: Site[] }}
 */
export function instrument(file, text, firstId) {
  /** @type {Site[]} */
  const sites = []
  /** @type {{ at: number, text: string }[]} */
  const before = []
  /** @type {{ at: number, text: string }[]} */
  const after = []
  /** @param {import('./syntax.mjs').Node} node @param {string} opening @param {string} closing */
  const note = ({ start, end }, opening, closing) => {
    const id = firstId + sites.length
    sites.push({ id, start, end })
    before.push({ at: start, text: opening.replace('#', `globalThis.mutationHits?.add(${id})`) })
    // The innermost piece comes last and ends first.
    after.unshift({ at: end, text: closing })
  }
  walk(parse(file, text), (node) => {
    for (const statement of statementsOf(node)) note(statement, '#;', '')
    for (const statement of lonelyStatementsOf(node)) note(statement, '{#;', '}')
    for (const expression of branchesOf(node)) note(expression, '(#, ', ')')
  })
  return { text: withInsertions(text, after, before), sites }
}

/** @param {import('./syntax.mjs').Node} node */
function statementsOf(node) {
  const list = /^(Program|BlockStatement|StaticBlock)$/.test(node.type)
    ? node.body
    : node.type === 'SwitchCase'
      ? node.consequent
      : []
  // Nothing may come between the signatures of a function and its body.
  return list.filter(
    (/** @type {import('./syntax.mjs').Node} */ one) =>
      !isType(one) && !/Function/.test(one.type) && !(/^Export/.test(one.type) && isBare(one.declaration)),
  )
}

/** @param {import('./syntax.mjs').Node} declaration */
const isBare = (declaration) => !declaration || isType(declaration) || FUNCTION.test(declaration.type)

/** Statements without braces. @param {import('./syntax.mjs').Node} node */
function lonelyStatementsOf(node) {
  const own = node.type === 'IfStatement' ? [node.consequent, node.alternate] : LOOPS.test(node.type) ? [node.body] : []
  return own.filter((one) => one && one.type !== 'BlockStatement')
}

/** Expressions that may be left out. @param {import('./syntax.mjs').Node} node */
function branchesOf(node) {
  switch (node.type) {
    case 'ConditionalExpression':
      return [node.consequent, node.alternate]
    case 'LogicalExpression':
    case 'AssignmentPattern':
      return [node.right]
    case 'PropertyDefinition':
      return node.value ? [node.value] : []
    case 'ArrowFunctionExpression':
      return node.body.type === 'BlockStatement' ? [] : [node.body]
    default:
      return []
  }
}

/** @param {string} text @param {...{ at: number, text: string }[]} lists at the same place the earlier list goes first */
function withInsertions(text, ...lists) {
  const insertions = lists.flat().sort((a, b) => a.at - b.at)
  let result = ''
  let done = 0
  for (const insertion of insertions) {
    result += text.slice(done, insertion.at) + insertion.text
    done = insertion.at
  }
  return result + text.slice(done)
}

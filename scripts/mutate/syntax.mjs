// Reads a TypeScript module into its syntax tree and walks it, past everything that is only types.
import { parseSync, visitorKeys } from 'oxc-parser'

/** @typedef {any} Node one of the parser, with `type`, `start` and `end` */

// They hold an expression beside a type; all other nodes of TypeScript are types or declare them.
const WITH_EXPRESSION = new Set(['TSAsExpression', 'TSNonNullExpression', 'TSSatisfiesExpression', 'TSTypeAssertion'])

/**
 * The tree of a module, or undefined where the text is no valid one.
 *
 * @param {string} file its name
 * @param {string} text
 * @returns {Node | undefined}
 */
export function parse(file, text) {
  const { program, errors } = parseSync(file, text)
  return errors.length > 0 ? undefined : program
}

/**
 * Visits each node that exists at run time, parents first.
 *
 * @param {Node} node
 * @param {(node: Node, parents: Node[]) => void} visit `parents` has the nearest last
 * @param {Node[]} parents
 */
export function walk(node, visit, parents = []) {
  if (isType(node)) return
  visit(node, parents)
  const inside = [...parents, node]
  for (const key of visitorKeys[node.type] ?? []) {
    for (const child of [node[key]].flat()) if (child?.type !== undefined) walk(child, visit, inside)
  }
}

/** @param {Node} node */
export function isType(node) {
  if (node.type.startsWith('TS')) return !WITH_EXPRESSION.has(node.type)
  return node.type.startsWith('Import') && node.type.endsWith('Declaration')
}

/**
 * What stands in the parentheses, if there are any.
 *
 * @param {Node} node
 * @returns {Node}
 */
export function bare(node) {
  return node.type === 'ParenthesizedExpression' || WITH_EXPRESSION.has(node.type) ? bare(node.expression) : node
}

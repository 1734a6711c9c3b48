// What may be changed in one node of a syntax tree: the small mistakes that a test should notice.
import { bare } from './syntax.mjs'

/**
 * @typedef {import('./syntax.mjs').Node} Node
 * @typedef {object} Change
 * @property {string} operator its name
 * @property {number} start where the replaced text begins
 * @property {number} end
 * @property {string} by what stands there instead
 * @property {Node} [inside] the node that runs before the change matters, where it is not the changed text itself
 */

/** @type {Readonly<Record<string, string[]>>} */
const NEIGHBOURS = {
  '<': ['<='],
  '<=': ['<'],
  '>': ['>='],
  '>=': ['>'],
  '===': ['!=='],
  '!==': ['==='],
  '==': ['!='],
  '!=': ['=='],
  '&&': ['||'],
  '||': ['&&'],
  '+': ['-'],
  '-': ['+'],
  '*': ['/'],
  '/': ['*'],
  '%': ['*'],
  '&': ['|'],
  '|': ['&'],
  '<<': ['>>'],
  '>>': ['<<'],
  '+=': ['-='],
  '-=': ['+='],
  '++': ['--'],
  '--': ['++'],
  '&&=': ['='],
  '||=': ['='],
  '??=': ['='],
}

/** @type {Readonly<Record<string, string>>} */
const COUNTERPARTS = {
  min: 'max',
  max: 'min',
  floor: 'ceil',
  ceil: 'floor',
  some: 'every',
  every: 'some',
  startsWith: 'endsWith',
  endsWith: 'startsWith',
  indexOf: 'lastIndexOf',
  lastIndexOf: 'indexOf',
  push: 'unshift',
}

const EQUALITY = new Set(['===', '!==', '==', '!='])
const PROSE = /[a-z,.;:]\s+[a-z]/i

/** @type {Readonly<Record<string, (node: Node, text: string, parents: Node[]) => Change[]>>} */
const BY_TYPE = {
  ExpressionStatement: removed,
  IfStatement: ({ test }, text) => negated(test, text),
  WhileStatement: ({ test }, text) => negated(test, text),
  DoWhileStatement: ({ test }, text) => negated(test, text),
  ConditionalExpression: ({ test }, text) => negated(test, text),
  BinaryExpression: swapped,
  LogicalExpression: (node, text) => (node.operator === '??' ? oneSide(node, text) : swapped(node, text)),
  AssignmentExpression: swapped,
  UpdateExpression: (node, text) => swapped({ ...node, left: node, right: node }, text),
  UnaryExpression: ({ operator, start, end, argument }, text) =>
    operator === '!' || operator === '-' ? [change(`drop ${operator}`, { start, end }, slice(argument, text))] : [],
  Literal: literal,
  TemplateLiteral: template,
  BlockStatement: (node) =>
    node.body.length === 0 ? [] : [{ ...change('empty block', node, '{}'), inside: node.body[0] }],
  ReturnStatement: ({ argument }) =>
    argument === null || isPlain(argument) ? [] : [change('return undefined', argument, 'undefined')],
  ArrowFunctionExpression: ({ body }) =>
    body.type === 'BlockStatement' || isPlain(body) ? [] : [change('return undefined', body, 'undefined')],
  CallExpression: called,
  MemberExpression: unchained,
}

/**
 * All changes of one node that leave out its children.
 *
 * @param {Node} node
 * @param {string} text the module
 * @param {Node[]} parents
 * @returns {Change[]}
 */
export function changesOf(node, text, parents) {
  return (BY_TYPE[node.type]?.(node, text, parents) ?? []).filter(({ start, end, by }) => text.slice(start, end) !== by)
}

/**
 * @param {string} operator
 * @param {{ start: number, end: number }} place
 * @param {string} by
 * @returns {Change}
 */
function change(operator, { start, end }, by) {
  return { operator, start, end, by }
}

/** @param {Node} node @param {string} text */
const slice = ({ start, end }, text) => text.slice(start, end)

/** @param {Node} node literals have changes of their own */
const isPlain = (node) => bare(node).type === 'Literal' || bare(node).name === 'undefined'

/** @param {Node} node */
function removed(node) {
  const what = node.expression.type === 'AwaitExpression' ? bare(node.expression.argument) : bare(node.expression)
  if (what.type === 'CallExpression' && what.callee.type === 'Super') return []
  if (/Assignment|Update/.test(what.type)) return [change('remove assignment', node, ';')]
  if (/Call|New|Chain|Unary/.test(what.type)) return [change('remove call', node, ';')]
  return []
}

/** @param {Node} test @param {string} text */
function negated(test, text) {
  const { type, operator } = bare(test)
  if ((type === 'UnaryExpression' && operator === '!') || EQUALITY.has(operator)) return []
  return [change('negate condition', test, `!(${slice(test, text)})`)]
}

/** @param {Node} node @param {string} text */
function swapped(node, text) {
  const { operator, left, right } = node
  if (operator.startsWith('+') && [left, right].some((side) => isText(bare(side)))) return []
  // Between the operands only the operator can be, as comments are not counted.
  const from = node.type === 'UpdateExpression' ? node.start : left.end
  const at = text.indexOf(operator, from)
  const place = { start: at, end: at + operator.length }
  return (NEIGHBOURS[operator] ?? []).map((other) => change(`${operator} to ${other}`, place, other))
}

/** @param {Node} node @param {string} text */
function oneSide(node, text) {
  const { left, right } = node
  return [
    { ...change('drop left of ??', node, slice(right, text)), inside: left },
    { ...change('drop right of ??', node, slice(left, text)), inside: right },
  ]
}

/** @param {Node} node @returns {boolean} */
function isText(node) {
  if (node.type === 'BinaryExpression') return isText(bare(node.left)) || isText(bare(node.right))
  return node.type === 'TemplateLiteral' || (node.type === 'Literal' && typeof node.value === 'string')
}

/** @param {Node} node @param {string} _text @param {Node[]} parents */
function literal(node, _text, parents) {
  const parent = parents.at(-1)
  const { value } = node
  if (typeof value === 'boolean') return [change('other boolean', node, String(!value))]
  if (typeof value === 'number') return [change('other number', node, String(value === 1 ? 0 : value + 1))]
  if (typeof value !== 'string' || PROSE.test(value)) return []
  const isName = (parent.key === node && !parent.computed) || parent.source === node || parent.id === node
  return isName ? [] : [change('other text', node, value === '' ? "'?'" : "''")]
}

/** @param {Node} node @param {string} _text @param {Node[]} parents */
function template(node, _text, parents) {
  const words = node.quasis.map((/** @type {Node} */ quasi) => quasi.value.raw).join('\0')
  if (PROSE.test(words) || parents.at(-1).type === 'TaggedTemplateExpression') return []
  return [change('other text', node, "''")]
}

/** @param {Node} node @param {string} text */
function called(node, text) {
  const { callee, arguments: given, optional } = node
  /** @type {Change[]} */
  const changes = []
  if (optional) changes.push(change('drop ?.', questionMark(callee.end, text), ''))
  if (callee.type !== 'MemberExpression' || callee.computed) return changes
  const { name } = callee.property
  if (Object.hasOwn(COUNTERPARTS, name)) {
    changes.push(change(`${name} to ${COUNTERPARTS[name]}`, callee.property, COUNTERPARTS[name] ?? ''))
  }
  if (/^(sort|toSorted)$/.test(name)) {
    const turned = given.length === 0 ? '' : `(a, b) => (${slice(given[0], text)})(b, a)`
    if (turned !== '') changes.push(change('sort the other way', given[0], turned))
    else changes.push(change('sort the other way', { start: node.end, end: node.end }, '.reverse()'))
  }
  if (name === 'filter' && given.length === 1) changes.push(change('filter nothing', given[0], '() => true'))
  return changes
}

/** @param {Node} node @param {string} text */
function unchained({ optional, object, computed }, text) {
  return optional ? [change('drop ?.', questionMark(object.end, text), computed ? '' : '.')] : []
}

/** @param {number} after @param {string} text */
function questionMark(after, text) {
  const start = text.indexOf('?.', after)
  return { start, end: start + 2 }
}

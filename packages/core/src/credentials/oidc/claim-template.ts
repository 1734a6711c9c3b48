/**
 * The part of Liquid in which a portal names the claim with the client id: text, `{{ a.b['c'] }}`, and the filters
 * `first`, `last` and `default`. A template sees the claims of the token, and nothing of the request.
 */
import type { Claims } from './token-settings.ts'

/** Undefined if a claim has no text where the template needs one. */
export type ClaimTemplate = (claims: Claims) => string | undefined

/** A value from the claims. */
type Expression = (claims: Claims) => unknown

/**
 * Undefined if the template uses anything else of Liquid.
 *
 * @param textOf the text of a value; undefined if it has none. Default: that of one which names an application.
 */
export function parseClaimTemplate(
  template: string,
  textOf: (value: unknown) => string | undefined = idText,
): ClaimTemplate | undefined {
  const pieces: Expression[] = []
  // Text and outputs in turns: the odd parts are what stood between `{{` and `}}`.
  const parts = template.split(/\{\{-?([^{}]*?)-?\}\}/)
  for (const [index, part] of parts.entries()) {
    if (index % 2 === 1) {
      const expression = parseOutput(part)
      if (expression === undefined) return undefined
      pieces.push(expression)
    } else if (/\{[{%]|[%}]\}/.test(part)) return undefined
    else if (part !== '') pieces.push(() => part)
  }
  return (claims) => {
    let text = ''
    for (const piece of pieces) {
      const shown = textOf(piece(claims))
      if (shown === undefined) return undefined
      text += shown
    }
    return text
  }
}

/** The text of a claim that is compared. A missing claim is an empty text; a list or an object has none. */
export function claimText(value: unknown): string | undefined {
  if (typeof value === 'boolean') return String(value)
  return typeof value === 'number' && !Number.isInteger(value) ? String(value) : idText(value)
}

/** A missing claim is an empty text; only texts and whole numbers have one. */
function idText(value: unknown): string | undefined {
  if (value === undefined || value === null) return ''
  return typeof value === 'string' || Number.isSafeInteger(value) ? String(value) : undefined
}

const NAME = /^[A-Za-z_][\w-]*/
const MEMBER = /^\.([A-Za-z_][\w-]*)|^\[\s*(?:'([^']*)'|"([^"]*)")\s*\]/
const LITERAL = /^(?:'([^']*)'|"([^"]*)")$/

function parseOutput(source: string): Expression | undefined {
  // A bar within quotes would need a real parser; no client id is written so.
  const [first, ...filters] = source.split('|').map((part) => part.trim())
  let expression = parsePath(first!)
  for (const filter of filters) {
    const make = expression && parseFilter(filter)
    if (make === undefined) return undefined
    expression = make(expression!)
  }
  return expression
}

function parsePath(source: string): Expression | undefined {
  const path: string[] = []
  let rest = source.replace(NAME, (name) => {
    path.push(name)
    return ''
  })
  while (path.length > 0 && rest !== '') {
    const member = MEMBER.exec(rest)
    if (member === null) return undefined
    path.push(member[1] ?? member[2] ?? member[3]!)
    rest = rest.slice(member[0].length)
  }
  if (path.length === 0) return undefined
  return (claims) => path.reduce<unknown>(memberOf, claims)
}

/** Only own members, because a claim may be called `constructor`. */
function memberOf(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
  return Object.hasOwn(value, name) ? (value as Claims)[name] : undefined
}

function parseFilter(source: string): ((input: Expression) => Expression) | undefined {
  if (source === 'first') return (input) => (claims) => elementOf(input(claims), 0)
  if (source === 'last') return (input) => (claims) => elementOf(input(claims), -1)
  const argument = /^default\s*:\s*(.+)$/.exec(source)?.[1]
  if (argument === undefined) return undefined
  const literal = LITERAL.exec(argument)
  const otherwise = literal === null ? parsePath(argument) : () => literal[1] ?? literal[2]
  return otherwise && ((input) => (claims) => (isBlank(input(claims)) ? otherwise(claims) : input(claims)))
}

function elementOf(value: unknown, at: number): unknown {
  return Array.isArray(value) ? value.at(at) : undefined
}

function isBlank(value: unknown): boolean {
  return (
    value === undefined ||
    value === null ||
    value === false ||
    value === '' ||
    (Array.isArray(value) && value.length === 0)
  )
}

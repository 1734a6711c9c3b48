/** The checks of the options for access tokens. */
import { ASYMMETRIC_ALGORITHMS, DEFAULTS, TOKEN_DEFAULTS } from '../../defaults.ts'
import { MAX_TIMER_MS } from '../../primitives/clock.ts'
import {
  type Check,
  callback,
  choice,
  either,
  flag,
  group,
  isRecord,
  kindOf,
  kindOfNoText,
  type OptionTable,
  text,
  whole,
} from '../../validation/checks.ts'
import { checkIssuerEndpoint } from '../oidc/issuer-url.ts'

const TOKEN_TABLE: OptionTable = {
  audience: oneOrSeveral,
  algorithms: listOf(choice(...ASYMMETRIC_ALGORITHMS), "an array of algorithms such as ['RS256']"),
  requiredClaims: listOf(text(), "an array of claims such as ['exp', 'aud']", true),
  clientId: either((value) => typeof value === 'function', callback(), text()),
  typ: choice('at+jwt'),
  clockToleranceMs: whole(0, MAX_TIMER_MS),
  allowHttp: flag(),
}

/** The option `oidc`. */
export const OIDC_TABLE: OptionTable = { issuer: oneOrSeveral, ...TOKEN_TABLE }

/** @param checkLocations checks the locations of any kind of credentials. */
export function createOidcCredentialsCheck(checkLocations: Check): Check {
  const table: OptionTable = {
    kind: choice('oidc'),
    issuer: text(),
    in: checkLocations,
    maxBytes: whole(1, 1_048_576),
    ...TOKEN_TABLE,
  }
  const checkMembers = group(table, { ...TOKEN_DEFAULTS, ...DEFAULTS.oidc })
  return (value, path, problems) => {
    const checked = checkMembers(value, path, problems)
    if (!isRecord(checked)) return undefined
    if ((value as { readonly issuer?: unknown }).issuer === undefined) problems.push(`${path}.issuer is missing`)
    if (typeof checked.issuer !== 'string') return undefined
    const endpoint = checkIssuerEndpoint(checked.issuer, checked.allowHttp === true)
    if ('url' in endpoint && !checked.issuer.includes('@')) return Object.freeze({ ...checked, issuer: endpoint.url })
    const problem = 'problem' in endpoint ? endpoint.problem : 'must not contain a user name or password'
    problems.push(`${path}.issuer ${problem}`)
    return undefined
  }
}

function oneOrSeveral(value: unknown, path: string, problems: string[]): unknown {
  if (!Array.isArray(value) && typeof value !== 'string') {
    problems.push(`${path} must be a string or an array of strings, not ${kindOfNoText(value)}`)
    return undefined
  }
  return listOf(text(), 'an array of strings')(Array.isArray(value) ? value : [value], path, problems)
}

function listOf(check: Check, what: string, mayBeEmpty = false): Check {
  return (value, path, problems) => {
    if (Array.isArray(value) && (mayBeEmpty || value.length > 0)) {
      return Object.freeze(value.map((one, index) => check(one, `${path}[${index}]`, problems)))
    }
    problems.push(`${path} must be ${what}, not ${Array.isArray(value) ? 'empty' : kindOf(value)}`)
    return undefined
  }
}

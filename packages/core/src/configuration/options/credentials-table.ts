/** The checks of `credentials`, if they are no function. */
import { DEFAULTS } from '../../defaults.ts'
import {
  type Check,
  checkTable,
  choice,
  either,
  group,
  isRecord,
  mustBe,
  type OptionTable,
  text,
  whole,
} from '../../validation/checks.ts'
import { createOidcCredentialsCheck } from './oidc-table.ts'

/** The members of all kinds but 'oidc'. */
export const CREDENTIALS_TABLE: OptionTable = {
  kind: choice('userKey', 'appId', 'oidc'),
  in: checkLocations,
  names: group({ userKey: text(), appId: text(), appKey: text() }, DEFAULTS.credentials.names),
  anonymous: checkAnonymous,
  maxBytes: whole(1, 1_048_576),
}

function checkLocations(value: unknown, path: string, problems: string[]): unknown {
  if (!Array.isArray(value) || value.length === 0) {
    return mustBe("an array of locations such as ['headers', 'query']")(value, path, problems)
  }
  const checkLocation = choice('query', 'headers', 'authorization', 'form')
  value.forEach((location, index) => {
    checkLocation(location, `${path}[${index}]`, problems)
    if (value.indexOf(location) !== index) problems.push(`${path}[${index}] names a location twice`)
  })
  return Object.freeze([...value])
}

function checkKeys(value: unknown, path: string, problems: string[]): unknown {
  const checked = group(CREDENTIALS_TABLE, { anonymous: undefined, ...DEFAULTS.credentials })(value, path, problems)
  if (!isRecord(checked)) return undefined
  const { kind, in: locations, names } = checked
  if (!isRecord(names)) return checked
  if (Array.isArray(locations) && locations.includes('headers')) {
    for (const [name, header] of Object.entries(names)) {
      if (typeof header === 'string' && !/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(header)) {
        problems.push(`${path}.names.${name} cannot be the name of a header`)
      }
    }
  }
  if (kind === 'appId' && names.appId !== undefined && names.appId === names.appKey) {
    problems.push(`${path}.names.appId and ${path}.names.appKey are the same`)
  }
  return checked
}

function checkAnonymous(value: unknown, path: string, problems: string[]): unknown {
  if (!isRecord(value)) return mustBe('credentials such as { userKey: "…" }')(value, path, problems)
  const table = { userKey: text(), appId: text(), clientId: text(), appKey: text(), redirectUrl: text() }
  const checked = checkTable(value, table, path, problems)
  const kinds = ['userKey', 'appId', 'clientId'].filter((kind) => value[kind] !== undefined)
  if (kinds.length !== 1) problems.push(`${path} must have exactly one of userKey, appId and clientId`)
  return Object.freeze(checked)
}

/** Any kind of credentials. */
export const checkCredentials: Check = either(
  (value) => isRecord(value) && value.kind === 'oidc',
  createOidcCredentialsCheck(checkLocations),
  checkKeys,
)

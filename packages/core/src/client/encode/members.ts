/** Refuses members of a call's arguments that the client would ignore, and says what was probably meant. */
import type { ApplicationCredentials, OAuthCredentials, UserKeyCredentials } from '../../domain/credentials.ts'
import type { Transaction } from '../../domain/transaction.ts'
import { isAmount } from '../../domain/usage.ts'
import { nearest } from '../../validation/nearest-name.ts'
import type { AuthorizeCall } from './authorize-call.ts'

/** The members of one kind of argument. */
export interface Members {
  /** How messages call the kind. */
  readonly what: string
  readonly known: ReadonlySet<string>
}

// From records, so that the compiler finds a member that is missing here.
const CREDENTIALS_NAMES: Record<keyof (UserKeyCredentials & ApplicationCredentials & OAuthCredentials), true> = {
  userKey: true,
  appId: true,
  clientId: true,
  appKey: true,
  redirectUrl: true,
}
const CALL_NAMES: Record<keyof AuthorizeCall, true> = {
  usage: true,
  service: true,
  referrer: true,
  log: true,
  extensions: true,
  extra: true,
  signal: true,
  whenSent: true,
  caller: true,
  unverifiedShare: true,
}
const TRANSACTION_NAMES: Record<keyof Transaction, true> = {
  appId: true,
  userKey: true,
  usage: true,
  timestamp: true,
  timestampSeconds: true,
  log: true,
  service: true,
}

export const CREDENTIALS: Members = membersOf('the credentials', CREDENTIALS_NAMES)
export const CALL: Members = membersOf('a call', CALL_NAMES)
export const TRANSACTION: Members = membersOf('a transaction', TRANSACTION_NAMES)
export const REPORT_CALL: Members = membersOf('a report', { service: true, signal: true })

const EXTENSIONS: readonly string[] = [
  'flatUsage',
  'listAppKeys',
  'noBody',
  'rejectionReasonHeader',
  'limitHeaders',
  'hierarchy',
]
const CLIENT_OPTIONS: readonly string[] = [
  'serviceToken',
  'providerKey',
  'backendUrl',
  'timeoutMs',
  'dispatcher',
  'headers',
  'retry',
]

/** Adds a problem for each member that the kind does not have. Inherited members are not looked at. */
export function checkMembers(value: object, members: Members, path: string, problems: string[]): void {
  // Not `Object.keys`, which makes an array for every request of a gateway.
  for (const name in value) {
    if (members.known.has(name) || !Object.hasOwn(value, name)) continue
    const advice = adviceOn(name, (value as Record<string, unknown>)[name], members)
    problems.push(`${memberPath(path, name)} is no member of ${members.what}${advice}`)
  }
}

function adviceOn(name: string, value: unknown, members: Members): string {
  const near = nearest(name, [...members.known].filter(isPublic))
  const amount = isAmount(value) && (members === CALL || members === TRANSACTION)
  // Only these of a call's members hold a number, so another amount is usage, whatever its metric's name resembles.
  if (near !== undefined && (!amount || /^(?:service|appId|userKey|timestampSeconds)$/.test(near))) {
    return `; did you mean ${near}?`
  }
  const place = elsewhere(name, members)
  if (place !== undefined) return `; ${place}`
  if (amount) return `; did you mean usage: { ${keyOf(name)}: ${mayBeSecret(name) ? '…' : literal(value)} }?`
  return `, which has ${[...members.known].filter(isPublic).join(', ')}`
}

function elsewhere(name: string, members: Members): string | undefined {
  const is = (names: Iterable<string>) => [...names].some((known) => plain(known) === plain(name))
  if (is(CREDENTIALS.known)) {
    return members === TRANSACTION
      ? 'it names its application by appId or userKey alone'
      : 'it belongs to the credentials'
  }
  if (is(EXTENSIONS)) return 'it belongs to extensions'
  if (is(CLIENT_OPTIONS)) return 'it is an option of the client'
  if (is([...CALL.known].filter(isPublic))) return 'it belongs to a call'
  if (is(TRANSACTION.known)) return 'it belongs to a transaction'
  return undefined
}

function membersOf(what: string, names: Readonly<Record<string, true>>): Members {
  return { what, known: new Set(Object.keys(names)) }
}

/** `caller` is the gateway's own. */
function isPublic(name: string): boolean {
  return name !== 'caller'
}

/** A number may be a key without its quotes, so that of a name like a key's is not shown. */
function mayBeSecret(name: string): boolean {
  return nearest(name, ['userKey', 'appKey', 'serviceToken', 'providerKey', 'password', 'secret']) !== undefined
}

function literal(amount: unknown): string {
  return typeof amount === 'string' ? `'${amount}'` : String(amount)
}

function memberPath(path: string, name: string): string {
  const key = keyOf(name)
  return key.startsWith('"') ? `${path}[${key}]` : `${path}.${key}`
}

function keyOf(name: string): string {
  return /^[A-Za-z_$][\w$]{0,63}$/.test(name) ? name : JSON.stringify(name.slice(0, 64))
}

/** `app_key` and `AppKey` are one name. */
function plain(name: string): string {
  return name.replace(/[^a-z0-9]/gi, '').toLowerCase()
}

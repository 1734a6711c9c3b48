/** The checks of the option `portal`. */
import { resolve } from 'node:path'
import { DEFAULTS } from '../../defaults.ts'
import { MAX_TIMER_MS } from '../../primitives/clock.ts'
import { isLoopback } from '../../validation/backend-url.ts'
import {
  type Check,
  choice,
  either,
  flag,
  group,
  isRecord,
  kindOf,
  mustBe,
  type OptionTable,
  text,
  whole,
} from '../../validation/checks.ts'

const milliseconds = whole(1, MAX_TIMER_MS)

export const PORTAL_TABLE: OptionTable = {
  endpoint: either((value) => value instanceof URL, String, text()),
  token: text(),
  environment: choice('production', 'staging', 'sandbox'),
  serviceIds: checkServiceIds,
  versions: checkVersions,
  reloadMs: either(
    (value) => value === false,
    () => false,
    milliseconds,
  ),
  timeoutMs: milliseconds,
  startTimeoutMs: milliseconds,
  lastGoodFile: checkFile,
  allowHttp: flag(),
}

const NO_VERSIONS = Object.freeze({})

/** The option `portal`; takes the token out of the endpoint. */
export const checkPortal: Check = (value, path, problems) => {
  const before = problems.length
  const defaults = { serviceIds: undefined, versions: NO_VERSIONS, lastGoodFile: undefined, ...DEFAULTS.portal }
  const checked = group(PORTAL_TABLE, defaults)(value, path, problems)
  if (!isRecord(checked) || problems.length > before) return undefined
  if (typeof checked.endpoint !== 'string') {
    problems.push(`${path}.endpoint is missing`)
    return undefined
  }
  const url = URL.canParse(checked.endpoint) ? new URL(checked.endpoint) : undefined
  // The value is not shown, because it may contain the token.
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    problems.push(`${path}.endpoint must be a URL such as https://acme-admin.3scale.net`)
    return undefined
  }
  if (/[?#]/.test(url.href)) problems.push(`${path}.endpoint must not contain a query or a fragment`)
  if (url.protocol === 'http:' && checked.allowHttp !== true && !isLoopback(url.hostname)) {
    problems.push(
      `${path}.endpoint is plain http to another machine, where others on the way could read tokens and replace rules; use https, or say allowHttp: true if you trust the network`,
    )
  }
  const inEndpoint = decoded(url.username || url.password)
  const { token = inEndpoint } = checked
  if (inEndpoint === undefined) problems.push(`${path}.endpoint has a token with broken escapes`)
  else if (inEndpoint !== '' && checked.token !== undefined) {
    problems.push(`${path}.token and the user name of ${path}.endpoint exclude each other; give one of them`)
  } else if (token === '') problems.push(`${path}.token is missing; is an environment variable not set?`)
  if (url.pathname !== '/' && Object.keys(checked.versions as object).length > 0) {
    problems.push(`${path}.versions needs an endpoint without a path, as single versions are read elsewhere`)
  }
  url.username = ''
  url.password = ''
  return Object.freeze({ ...checked, endpoint: url.href.replace(/\/+$/, ''), token })
}

function decoded(escaped: string): string | undefined {
  try {
    return decodeURIComponent(escaped)
  } catch {
    return undefined
  }
}

function checkServiceIds(value: unknown, path: string, problems: string[]): unknown {
  if (!Array.isArray(value) || value.length === 0) {
    return mustBe("an array of service ids such as ['2555417']")(value, path, problems)
  }
  return Object.freeze(value.map((id, index) => text()(id, `${path}[${index}]`, problems)))
}

function checkVersions(value: unknown, path: string, problems: string[]): unknown {
  if (!isRecord(value)) {
    problems.push(`${path} must be an object such as { '2555417': 12 }, not ${kindOf(value)}`)
    return undefined
  }
  const versions: Record<string, unknown> = {}
  for (const [id, version] of Object.entries(value)) {
    versions[id] = whole(1, Number.MAX_SAFE_INTEGER)(version, `${path}[${JSON.stringify(id.slice(0, 64))}]`, problems)
  }
  return Object.freeze(versions)
}

/** The path of a file; a relative one is that of the present folder, wherever the process moves later. */
export function checkFile(value: unknown, path: string, problems: string[]): string | undefined {
  const checked = text()(value, path, problems)
  return checked === undefined ? undefined : resolve(checked as string)
}

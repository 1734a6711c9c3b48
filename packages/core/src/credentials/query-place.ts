/** Credentials in the query of the request target, found without parsing the query. */
import type { CredentialsSettings } from './credentials-settings.ts'
import { decodeParameter } from './parameter-text.ts'
import { credentialsOf, namesOf, type Place, type Value } from './place.ts'

/**
 * The first parameter of a name wins; one without `=` is not there (nginx, `$arg_name`). A name matches as it stands,
 * else percent-encoded; as APIcast: whatever its case, and never encoded.
 */
export function createQueryPlace(settings: CredentialsSettings): Place {
  const sameName = settings.asApicast === true ? nginxNames : exactNames
  const names = namesOf(settings).map((name) => sameName.wanted(name))
  const [idName, keyName] = names as [string, string?]
  const find = (query: string, name: string | undefined): Value => {
    const found = name === undefined ? undefined : findParameter(query, name, sameName)
    return found === undefined ? undefined : decodeParameter(found)
  }

  return {
    location: 'query',
    read(view) {
      const query = queryOf(view.url)
      if (query === '') return undefined
      return credentialsOf(settings, find(query, idName), find(query, keyName))
    },
    strip(view) {
      const { url } = view
      const query = queryOf(url)
      const parameters = query.split('&')
      const kept = parameters.filter((parameter) => !names.some((name) => sameName.equal(nameOf(parameter), name)))
      if (kept.length === parameters.length) return
      const start = url.indexOf('?')
      const rest = kept.join('&')
      view.setUrl?.(url.slice(0, start) + (rest === '' ? '' : `?${rest}`) + url.slice(start + 1 + query.length))
    },
  }
}

interface NameRule {
  /** The name to look for. */
  wanted(name: string): string
  /** Whether `query` has the wanted name at `at`. */
  at(query: string, at: number, name: string): boolean
  /** Whether a whole name, as it stands in a query, is the wanted one. */
  equal(raw: string, name: string): boolean
  /** Whether another spelling of a name may be there that `at` does not see. */
  readonly encoded: boolean
}

const exactNames: NameRule = {
  wanted: (name) => name,
  at: (query, at, name) => query.startsWith(name, at),
  equal: (raw, name) => raw === name || (raw.includes('%') && decodeParameter(raw) === name),
  encoded: true,
}

const nginxNames: NameRule = {
  wanted: (name) => name.toLowerCase(),
  at: (query, at, name) => query.slice(at, at + name.length).toLowerCase() === name,
  equal: (raw, name) => raw.toLowerCase() === name,
  encoded: false,
}

/** Everything between the first `?` and a `#`. */
function queryOf(url: string): string {
  const start = url.indexOf('?')
  if (start === -1) return ''
  const end = url.indexOf('#')
  if (end === -1) return url.slice(start + 1)
  return end < start ? '' : url.slice(start + 1, end)
}

function findParameter(query: string, name: string, names: NameRule): string | undefined {
  let start = 0
  do {
    const equals = start + name.length
    if (query.charCodeAt(equals) === EQUALS && names.at(query, start, name)) return valueAt(query, equals + 1)
    start = query.indexOf('&', start) + 1
  } while (start !== 0)
  return names.encoded && query.includes('%') ? findEncoded(query, name, names) : undefined
}

function findEncoded(query: string, name: string, names: NameRule): string | undefined {
  const found = query.split('&').find((one) => one.includes('=') && names.equal(nameOf(one), name))
  return found?.slice(found.indexOf('=') + 1)
}

function valueAt(query: string, start: number): string {
  const end = query.indexOf('&', start)
  return end === -1 ? query.slice(start) : query.slice(start, end)
}

function nameOf(parameter: string): string {
  const equals = parameter.indexOf('=')
  return equals === -1 ? parameter : parameter.slice(0, equals)
}

const EQUALS = 0x3d

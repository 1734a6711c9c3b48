/** Credentials in the query of the request target, found without parsing the query. */
import type { CredentialsSettings } from '../credentials-settings.ts'
import { decodeParameter } from '../decode-text.ts'
import { credentialsOf, type Location, namesOf, type Value } from './location.ts'

/**
 * The first parameter of a name wins; one without `=` counts as missing (nginx, `$arg_name`). A name may also be
 * percent-encoded. With `asApicast` its case does not matter, and an encoded name does not match.
 */
export function createQueryLocation(settings: CredentialsSettings): Location {
  const sameName = settings.asApicast === true ? nginxNames : exactNames
  const names = namesOf(settings).map((name) => sameName.wanted(name))
  const [idName, keyName] = names as [string, string?]
  const find = (url: string, from: number, to: number, name: string): Value => {
    const found = findParameter(url, from, to, name, sameName)
    return found === undefined ? undefined : decodeParameter(found)
  }

  return {
    location: 'query',
    read(view) {
      const { url } = view
      const from = url.indexOf('?') + 1
      if (from === 0) return undefined
      const to = endOfTarget(url)
      const id = find(url, from, to, idName)
      return credentialsOf(settings, id, keyName === undefined ? undefined : find(url, from, to, keyName))
    },
    strip(view) {
      const { url } = view
      const end = endOfTarget(url)
      const start = url.indexOf('?')
      if (start === -1 || start > end) {
        if (end < url.length) view.setUrl?.(url.slice(0, end))
        return
      }
      const kept = keptQuery(url, start + 1, end, names, sameName)
      if (kept?.length === url.length - start - 1) return
      view.setUrl?.(kept === undefined ? url.slice(0, start) : `${url.slice(0, start)}?${kept}`)
    },
  }
}

interface NameRule {
  /** The name to look for. */
  wanted(name: string): string
  /** Whether the wanted name stands at `at` in the url. */
  at(url: string, at: number, name: string): boolean
  /** Whether a raw name from a query is the wanted one. */
  equal(raw: string, name: string): boolean
  /** Whether a name may be spelled in another way, which `at` does not see. */
  readonly encoded: boolean
}

const exactNames: NameRule = {
  wanted: (name) => name,
  at: (url, at, name) => url.startsWith(name, at),
  equal: (raw, name) => raw === name || (raw.includes('%') && decodeParameter(raw) === name),
  encoded: true,
}

const nginxNames: NameRule = {
  wanted: (name) => name.toLowerCase(),
  at: (url, at, name) => url.slice(at, at + name.length).toLowerCase() === name,
  equal: (raw, name) => raw.toLowerCase() === name,
  encoded: false,
}

/** A client sends no fragment; what stands behind a `#` all the same is no part of the query, and stripped. */
function endOfTarget(url: string): number {
  const hash = url.indexOf('#')
  return hash === -1 ? url.length : hash
}

/** The raw value of the first parameter of a name, between `from` and `to`. Only the value is copied. */
function findParameter(url: string, from: number, to: number, name: string, names: NameRule): string | undefined {
  let at = from
  while (at < to) {
    const equals = at + name.length
    const ampersand = url.indexOf('&', at)
    const end = ampersand === -1 || ampersand > to ? to : ampersand
    if (equals < end && url.charCodeAt(equals) === EQUALS && names.at(url, at, name)) return url.slice(equals + 1, end)
    at = end + 1
  }
  const percent = names.encoded ? url.indexOf('%', from) : -1
  return percent === -1 || percent >= to ? undefined : findEncoded(url.slice(from, to), name, names)
}

function findEncoded(query: string, name: string, names: NameRule): string | undefined {
  const found = query.split('&').find((one) => one.includes('=') && names.equal(nameOf(one), name))
  return found?.slice(found.indexOf('=') + 1)
}

/** The parameters that have none of the names, between `from` and `to`; undefined if none is left. */
function keptQuery(
  url: string,
  from: number,
  to: number,
  names: readonly string[],
  rule: NameRule,
): string | undefined {
  let kept: string | undefined
  const keep = (start: number, end: number) => {
    if (start <= end) kept = kept === undefined ? url.slice(start, end) : `${kept}&${url.slice(start, end)}`
  }
  let percent = rule.encoded ? url.indexOf('%', from) : -1
  let start = from
  let at = from
  while (at <= to) {
    const ampersand = url.indexOf('&', at)
    const end = ampersand === -1 || ampersand > to ? to : ampersand
    if (percent !== -1 && percent < at) percent = url.indexOf('%', at)
    const encoded = percent !== -1 && percent < end
    if (names.some((name) => isNamed(url, at, end, name, rule, encoded))) {
      keep(start, at - 1)
      start = end + 1
    }
    at = end + 1
  }
  keep(start, to)
  return kept
}

function isNamed(url: string, from: number, to: number, name: string, rule: NameRule, encoded: boolean): boolean {
  if (encoded) return rule.equal(nameOf(url.slice(from, to)), name)
  const end = from + name.length
  return (end === to || (end < to && url.charCodeAt(end) === EQUALS)) && rule.at(url, from, name)
}

function nameOf(parameter: string): string {
  const equals = parameter.indexOf('=')
  return equals === -1 ? parameter : parameter.slice(0, equals)
}

const EQUALS = 0x3d

import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { GROUPED_NAMES, OPTION_TABLE } from '../../packages/core/src/configuration/options/option-table.ts'
import { DEFAULTS } from '../../packages/core/src/defaults.ts'

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')

/** The README's rows: name and default of each option. */
const rows = new Map(
  [
    ...read('README.md')
      .split('<!-- options: checked against the code -->')[1]!
      .split('\n## ')[0]!
      .matchAll(/^\| `([\w.]+)` \|(.+)\|$/gm),
  ].map(([, name, rest]) => [name!, rest!.split(/(?<!\\)\|/)[1]!.trim()]),
)

/** A value as it is written in a table. */
function literal(value: unknown): string {
  if (typeof value === 'string') return `'${value}'`
  if (Array.isArray(value)) return `[${value.map(literal).join(', ')}]`
  if (typeof value !== 'object' || value === null) return String(value)
  const members = Object.entries(value).map(([name, member]) => `${name}: ${literal(member)}`)
  return `{ ${members.join(', ')} }`
}

/** The default of `cache.ttlMs` and the like; undefined where there is none. */
function defaultOf(path: string): unknown {
  // `cache` itself is off; DEFAULTS.cache has the values of `true`.
  if (path === 'cache') return false
  return path
    .split('.')
    .reduce<unknown>((value, name) => (value as Record<string, unknown> | undefined)?.[name], DEFAULTS)
}

const described = [
  ...Object.keys(OPTION_TABLE).filter((name) => !['report', 'oidc', 'portal'].includes(name)),
  ...GROUPED_NAMES,
].filter((name) => !name.startsWith('breaker.'))

describe('the options table of the README', () => {
  it('has every option and no other', () => {
    expect([...rows.keys()].sort()).toEqual([...described].sort())
  })

  it.each(described)('has the default of %s', (name) => {
    const shown = rows.get(name)
    if (name === 'credentials') return expect(shown).toBe('see below')
    const value = defaultOf(name)
    expect(shown).toBe(value === undefined ? '–' : `\`${literal(value)}\``)
  })
})

describe('the docstrings of the options', () => {
  const source =
    read('packages/core/src/client/connection-options.ts') +
    read('packages/core/src/configuration/options/gateway-options.ts')
  const options = new Map(
    [...source.matchAll(/\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\s*readonly (\w+)\?:/g)].map(([, text, name]) => [
      name!,
      text!.replace(/\s*\n\s*\* ?/g, ' '),
    ]),
  )

  it.each(
    [
      ['backendUrl', 'timeoutMs', 'maxCalls', 'stripCredentials', 'usage', 'caseInsensitivePaths', 'responseCodes'],
      ['referrer', 'mode', 'onUnavailable', 'breaker', 'rejection', 'rateLimitHeaders', 'legacyRateLimitHeaders'],
      ['kind', 'in', 'maxBytes', 'ttlMs', 'staleMs', 'maxApplications', 'maxDenials', 'denialTtlMs', 'maxWaiters'],
      ['settleMs', 'intervalMs', 'maxPending', 'ambiguous', 'late'],
    ].flat(),
  )('have the default of %s', (name) => {
    const grouped = GROUPED_NAMES.find((grouped) => grouped.endsWith(`.${name}`))
    const path = Object.hasOwn(OPTION_TABLE, name) ? name : (grouped ?? name)
    const value = literal(defaultOf(path))
    const shown = /Defaults? ([^.]+(?:\.[^\s.][^.]*)*)/.exec(options.get(name) ?? '')?.[1]?.replaceAll('`', '')
    expect([value, value.replaceAll("'", '')]).toContain(shown)
  })
})

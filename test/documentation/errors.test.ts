import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { faultOf } from '../../packages/core/src/domain/rejection-codes.ts'
import { ConfigError } from '../../packages/core/src/errors.ts'
import { JOURNAL_TROUBLE } from '../../packages/core/src/observe/journal-sentence.ts'
import { STORE_TROUBLE } from '../../packages/core/src/observe/store-sentence.ts'
import { errorPage } from '../../packages/core/src/primitives/error-page.ts'

const ROOT = new URL('../../', import.meta.url)
const page = readFileSync(new URL('docs/errors.md', ROOT), 'utf8')
/** Text of each section by its code. */
const sections = new Map(
  page
    .split(/^### /m)
    .slice(1)
    .map((section) => [section.split('\n', 1)[0]!, section.slice(section.indexOf('\n')).split(/^## /m)[0]!] as const),
)

const packages = ['core', 'express', 'fastify', 'koa', 'journal', 'redis']
const sources = packages.flatMap((name) =>
  readdirSync(new URL(`packages/${name}/src/`, ROOT), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => readFileSync(new URL(`packages/${name}/src/${file}`, ROOT), 'utf8')),
)
const quoted = (pattern: RegExp) => sources.flatMap((source) => [...source.matchAll(pattern)].map(([, code]) => code!))

/** Names of environment variables, which have the same form. */
const VARIABLES = new Set(
  readFileSync(new URL('packages/core/src/configuration/options/options-from-env.ts', ROOT), 'utf8').match(
    /THREESCALE_\w+/g,
  ),
)
const decisions = readFileSync(new URL('packages/core/src/decision/decision.ts', ROOT), 'utf8')
const rejections = readFileSync(new URL('packages/core/src/domain/rejection-codes.ts', ROOT), 'utf8')

const codes = new Set([
  ...quoted(/'(ERR_THREESCALE_\w+)'/g),
  ...quoted(/'(THREESCALE_\w+[A-Z0-9])'/g)
    .filter((code) => !VARIABLES.has(code))
    .map((code) => code.replace(/_\d+$/, '')),
  ...[...JOURNAL_TROUBLE].map((event) => `THREESCALE_JOURNAL_${event}`.toUpperCase().replaceAll('-', '_')),
  ...[...STORE_TROUBLE].map((event) => `THREESCALE_STORE_${event}`.toUpperCase()),
  'THREESCALE_OPTIONS',
  'THREESCALE_CONFIGURATION',
  'THREESCALE_USAGE_GIVEN_UP',
  'THREESCALE_USAGE_SUSPECTED',
  ...[...rejections.matchAll(/'([a-z_]+)'/g)].map(([, code]) => code!).filter((code) => faultOf(code) === 'ours'),
  'call_impossible',
  ...[
    ...decisions
      .split('GatewayDenialCode =')[1]!
      .split('\n\n')[0]!
      .matchAll(/'([a-z_]+)'/g),
  ].map(([, code]) => code!),
])

describe('docs/errors.md', () => {
  it('has every code of the packages and no other', () => {
    expect([...sections.keys()].filter((code) => code !== 'transactions_').sort()).toEqual(
      [...codes].filter((code) => code !== 'transactions_').sort(),
    )
  })

  it.each([...sections])('says what happened and what to do: %s', (code, text) => {
    expect(text.trim()).toMatch(/^[A-Z`0-9].*\./)
    const told = code === 'client_closed_request' || /^- /m.test(text) || text.includes('see [')
    expect(told, 'a list with what to do').toBe(true)
  })

  it('is where the address of an error leads', () => {
    const error = new ConfigError(['serviceId is missing'])
    expect(error.url).toBe(errorPage('ERR_THREESCALE_CONFIG'))
    expect(sections.has(error.url.split('#')[1]!.toUpperCase())).toBe(true)
    expect(errorPage('THREESCALE_OPTIONS_12')).toBe(errorPage('THREESCALE_OPTIONS'))
    expect(errorPage('THREESCALE_USAGE_GIVEN_UP_LATE')).toBe(errorPage('THREESCALE_USAGE_GIVEN_UP'))
    expect(errorPage('](https://elsewhere.test)')).toBe(errorPage('').split('#')[0])
  })
})

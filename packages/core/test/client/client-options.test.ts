import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { resolveClientOptions } from '../../src/client/client-options.ts'
import { VERSION } from '../../src/client/transport/user-agent.ts'
import { CLIENT_DEFAULTS } from '../../src/defaults.ts'
import { type ClientOptions, ConfigError, ThreeScaleClient } from '../../src/index.ts'

const least = { serviceToken: 't' }

function problemsOf(options: unknown): readonly string[] {
  try {
    new ThreeScaleClient(options as ClientOptions)
  } catch (error) {
    if (error instanceof ConfigError) return error.problems
    throw error
  }
  return []
}

test('needs exactly one credential of the API provider', () => {
  expect(problemsOf({})).toEqual(['serviceToken is missing (or providerKey)'])
  expect(problemsOf({ serviceToken: 'a', providerKey: 'b' })).toEqual([
    'serviceToken and providerKey exclude each other: the backend would ignore the token',
  ])
  expect(problemsOf({ serviceToken: 'a' })).toEqual([])
  expect(problemsOf({ providerKey: 'b' })).toEqual([])
})

test('lists all problems at once, suggests the name that was meant, and quotes no value', () => {
  const problems = problemsOf({
    service_token: 'top secret',
    providerKey: 'top secret\n',
    backendUrl: 'https://user:top-secret@host/',
    timeoutMs: '1000',
    dispatcher: {},
    retry: 1.5,
    maxConnections: 0,
    headers: { 'bad name': 'x', Host: 'ok.example', 'Content-Length': '1', 'x-a': 'top secret\r\nx: y' },
    serviceId: null,
  })
  expect(problems).toEqual([
    'service_token is no option; did you mean serviceToken?',
    'providerKey begins or ends with a blank or a line break',
    'backendUrl must not contain a user name or password',
    'timeoutMs must be a whole number from 1 to 2147483647, not a string',
    'dispatcher must be an undici dispatcher (undici 7 or 8); it has no dispatch',
    'retry must be a whole number from 0 to 10, not 1.5',
    'maxConnections must be a whole number from 1 to 65535, not 0',
    'headers["bad name"] is no header name',
    'headers["Content-Length"] is set by the client itself',
    'headers["x-a"] must be a string that can stand in a header',
    'serviceId is null; leave it out (or undefined) to get the default',
  ])
  expect(problems.join()).not.toContain('secret')
})

test.each([undefined, null, 'token', []])('%o is not an options object', (options) => {
  expect(problemsOf(options)).toHaveLength(1)
})

test('takes its defaults from one place, and does not change its input', () => {
  const options = Object.freeze({ ...least, headers: Object.freeze({ 'X-A': '1' }) })
  const resolved = resolveClientOptions(options)
  expect(resolved).toMatchObject({ ...CLIENT_DEFAULTS, headers: { 'x-a': '1' }, serviceToken: 't' })
  expect(Object.isFrozen(resolved)).toBe(true)
  expect(CLIENT_DEFAULTS).toEqual({
    backendUrl: 'https://su1.3scale.net',
    timeoutMs: 1000,
    connectionTtlMs: 60_000,
    headers: {},
    retry: 1,
    maxConnections: 128,
  })
  expect(resolveClientOptions({ ...least, retry: false }).retry).toBe(0)
})

test('the default in an option’s docstring is the one that is used', () => {
  const read = (name: string) => readFileSync(new URL(`../../src/client/${name}.ts`, import.meta.url), 'utf8')
  const source = read('connection-options') + read('client-options')
  const documented = [
    ...source.matchAll(/Default `?([^;.`]+(?:\.[^\s`]+)*)[`;.][^\n]*(?:\n[^\n]*){1,2}?readonly (\w+)\?/g),
  ]
  const found = Object.fromEntries(documented.map(([, value, name]) => [name, value]))
  expect(found).toMatchObject({
    backendUrl: CLIENT_DEFAULTS.backendUrl,
    timeoutMs: '1000',
    connectionTtlMs: '60000',
    retry: '1',
    maxConnections: '128',
  })
})

test('the version in its headers is the package’s', () => {
  const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))
  expect(VERSION).toBe(manifest.version)
})

test('the guide names every option with its default, and every error with its code', () => {
  const guide = readFileSync(new URL('../../../../docs/client.md', import.meta.url), 'utf8')
  const rows = new Map(
    [...guide.matchAll(/^\| `(\w+)`(?: or `(\w+)`)? \| (.+?) \|/gm)].map((row) => [row[1]!, row[3]!]),
  )
  expect(rows.get('backendUrl')).toBe(`\`${CLIENT_DEFAULTS.backendUrl}\``)
  expect(rows.get('timeoutMs')).toBe(`\`${CLIENT_DEFAULTS.timeoutMs}\``)
  expect(rows.get('connectionTtlMs')).toBe(`\`${CLIENT_DEFAULTS.connectionTtlMs}\``)
  expect(rows.get('retry')).toBe(`\`${CLIENT_DEFAULTS.retry}\``)
  expect(rows.get('maxConnections')).toBe(`\`${CLIENT_DEFAULTS.maxConnections}\``)
  for (const option of Object.keys(resolveClientOptions(least))) {
    if (!['clock', 'transport'].includes(option)) expect(guide).toContain(`\`${option}\``)
  }
  const source = readFileSync(new URL('../../src/errors.ts', import.meta.url), 'utf8')
  const thrown = [
    ...source.matchAll(/class (\w+) extends (?:ThreeScaleError|ConfigError) .*?readonly code = '(\w+)'/gs),
  ]
  expect(thrown.length).toBeGreaterThan(8)
  for (const [, name, code] of thrown) {
    // Only the gateway has a breaker, and loads a configuration.
    if (name !== 'CircuitOpenError' && name !== 'LoadError') expect(guide).toContain(`| \`${name}\` | \`${code}\` |`)
  }
})

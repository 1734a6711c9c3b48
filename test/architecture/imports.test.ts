import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { FLOOR, importsOf, ROOMS, violations } from './import-rules.ts'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))

function sources(): string[] {
  return readdirSync(`${ROOT}packages`).flatMap((name) =>
    readdirSync(`${ROOT}packages/${name}/src`, { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts'))
      .map((file) => `packages/${name}/src/${file}`),
  )
}

describe('the floor plan', () => {
  it('is kept by every import of every package', () => {
    expect(sources().flatMap((file) => violations(file, readFileSync(`${ROOT}${file}`, 'utf8')))).toEqual([])
  })

  it('knows every folder of core', () => {
    const folders = readdirSync(`${ROOT}packages/core/src`, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => entry.name)
    expect([...ROOMS, ...FLOOR, 'gateway']).toEqual(expect.arrayContaining(folders))
  })
})

describe('the rules', () => {
  const of = (file: string, ...specifiers: string[]) =>
    violations(`packages/${file}`, specifiers.map((specifier) => `import { a } from '${specifier}'\n`).join(''))

  it.each([
    ['core/src/mapping/rule.ts', '../authorization/direct.ts', 'a room imports only from the floor'],
    ['core/src/portal/load.ts', '../gateway/gateway.ts', 'a room imports only from the floor'],
    ['core/src/ledger/cell.ts', '../reporting/batch.ts', 'the floor imports only from the floor'],
    ['core/src/usage.ts', './gateway/gateway.ts', 'the floor imports only from the floor'],
    ['core/src/rejection/body.ts', '../index.ts', 'index.ts is for users of the package'],
    ['core/src/authorization/direct.ts', 'undici', 'only client and portal open connections'],
    ['core/src/observe/observer.ts', 'node:http', 'only client and portal open connections'],
    ['core/src/usage.ts', 'express', 'no dependency of core'],
    ['core/src/usage.ts', '@threescale/emulator', 'no dependency of core'],
    ['core/src/usage.ts', 'fs', 'write node: before it'],
    ['emulator/src/server.ts', '@threescale/core', 'no dependency of emulator'],
    ['emulator/src/server.ts', '../../core/src/usage.ts', 'outside of its own package'],
    ['express/src/view.ts', 'koa', 'no dependency of express'],
    ['fastify/src/view.ts', '../../core/src/usage.ts', 'outside of its own package'],
  ])('%s may not import %s', (file, specifier, why) => {
    expect(of(file, specifier)).toEqual([`packages/${file} imports ${specifier}: ${why}`])
  })

  it('allow what the plan allows', () => {
    expect(of('core/src/mapping/rule.ts', './match.ts', '../usage.ts', '../client/verdict.ts', 'node:util')).toEqual([])
    expect(of('core/src/gateway/create.ts', '../mapping/rule.ts', '../observe/observer.ts')).toEqual([])
    expect(of('core/src/client/transport.ts', 'undici', 'node:tls')).toEqual([])
    expect(of('core/src/index.ts', './gateway/gateway.ts', './client/client.ts')).toEqual([])
    expect(violations('packages/core/src/a.ts', `import { STATUS_CODES } from 'node:http'\n`)).toEqual([])
    expect(violations('packages/core/src/options/o.ts', `import type { Dispatcher } from 'undici'\n`)).toEqual([])
  })

  it('see every form of import, and none in a docstring', () => {
    const text = [
      `import a, {\n  b,\n} from 'one'`,
      `import 'two'`,
      `export * from 'three'`,
      `export type { c } from 'four'`,
      `const d = await import('five')`,
      ` * import { e } from 'six'`,
      ` * await import('seven')`,
    ].join('\n')
    expect(importsOf(text).map(({ specifier }) => specifier)).toEqual(['one', 'two', 'three', 'four', 'five'])
  })

  it('see a call of fetch', () => {
    expect(violations('packages/core/src/usage.ts', 'await fetch(url)')).toHaveLength(1)
    expect(violations('packages/core/src/usage.ts', 'this.fetch(url); prefetch(url)')).toEqual([])
  })
})

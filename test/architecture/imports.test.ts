import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { circlesOf } from './circles.ts'
import { filesImportedBy, importsOf, violations } from './import-rules.ts'
import { TIERS } from './tiers.ts'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const PACKAGES = readdirSync(`${ROOT}packages`)

/** Source texts by path from the repository root. */
const sources = new Map(
  PACKAGES.flatMap((name) =>
    readdirSync(`${ROOT}packages/${name}/src`, { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts'))
      .map((file) => `packages/${name}/src/${file}`)
      .map((file): [string, string] => [file, readFileSync(`${ROOT}${file}`, 'utf8')]),
  ),
)
const graph = new Map([...sources].map(([file, source]) => [file, filesImportedBy(file, source)]))

describe('the tiers', () => {
  it('are kept by every import of every package', () => {
    expect([...sources].flatMap(([file, source]) => violations(file, source))).toEqual([])
  })

  it('name every folder and file at the top of every package, and no other', () => {
    for (const name of PACKAGES) {
      expect(Object.keys(TIERS[name] ?? {}).sort()).toEqual(readdirSync(`${ROOT}packages/${name}/src`).sort())
    }
  })
})

describe('circles', () => {
  it('are in no package among files, types included', () => {
    expect(circlesOf(graph)).toEqual([])
  })

  it('are in no package among top-level folders', () => {
    const folders = new Map<string, string[]>()
    const folderOf = (file: string) => file.split('/').slice(0, 4).join('/')
    for (const [file, imported] of graph) {
      const others = imported.map(folderOf).filter((folder) => folder !== folderOf(file))
      folders.set(folderOf(file), [...(folders.get(folderOf(file)) ?? []), ...others])
    }
    expect(circlesOf(folders)).toEqual([])
  })

  it('are found, however long, each once', () => {
    const graph = new Map([
      ['a', ['b']],
      ['b', ['c', 'd']],
      ['c', ['a']],
      ['d', ['d', 'e', 'outside']],
      ['e', ['f']],
      ['f', ['e']],
    ])
    expect(circlesOf(graph)).toEqual([
      ['e', 'f'],
      ['a', 'b', 'c'],
    ])
  })
})

describe('sizes', () => {
  it('are at most 250 lines a file, with a median of at most 80', () => {
    const lengths = [...sources].map(([file, source]): [string, number] => [file, source.split('\n').length - 1])
    expect(lengths.filter(([, lines]) => lines > 250)).toEqual([])
    const sorted = lengths.map(([, lines]) => lines).sort((left, right) => left - right)
    expect(sorted[Math.floor(sorted.length / 2)]).toBeLessThanOrEqual(80)
  })
})

describe('the rules', () => {
  const of = (file: string, ...specifiers: string[]) =>
    violations(`packages/${file}`, specifiers.map((specifier) => `import { a } from '${specifier}'\n`).join(''))

  it.each([
    ['core/src/mapping/rule.ts', '../authorization/direct.ts', 'authorization is on a higher tier'],
    ['core/src/mapping/rule.ts', '../credentials/place.ts', 'credentials is on the same tier'],
    ['core/src/authorization/cached/a.ts', '../../reporting/reporter.ts', 'reporting is on the same tier'],
    ['core/src/ledger/plan/cell.ts', '../../reporting/batch.ts', 'reporting is on a higher tier'],
    ['core/src/errors.ts', './gateway/gateway.ts', 'gateway is on a higher tier'],
    ['core/src/rejection/body.ts', '../index.ts', 'index.ts is on a higher tier'],
    ['core/src/rejection/body.ts', '../elsewhere/body.ts', 'no tier is given for elsewhere'],
    ['emulator/src/ruby/strip.ts', '../http/message.ts', 'http is on a higher tier'],
    ['core/src/authorization/direct.ts', 'undici', 'only client/transport and configuration/portal open connections'],
    ['core/src/client/client.ts', 'undici', 'only client/transport and configuration/portal open connections'],
    ['core/src/observe/observer.ts', 'node:https', 'only client/transport and configuration/portal open connections'],
    ['koa/src/view.ts', 'node:http', 'nodeHttp of core does not load the undici inside of Node'],
    ['core/src/domain/usage.ts', 'express', 'no dependency of core'],
    ['core/src/domain/usage.ts', '@threescale/emulator', 'no dependency of core'],
    ['core/src/domain/usage.ts', 'fs', 'write node: before it'],
    ['emulator/src/server/server.ts', '@threescale/core', 'no dependency of emulator'],
    ['emulator/src/server/server.ts', '../../../core/src/domain/usage.ts', 'outside of its own package'],
    ['express/src/view.ts', 'koa', 'no dependency of express'],
    ['fastify/src/view.ts', '../../core/src/domain/usage.ts', 'outside of its own package'],
  ])('%s may not import %s', (file, specifier, why) => {
    expect(of(file, specifier)).toEqual([`packages/${file} imports ${specifier}: ${why}`])
  })

  it('allow what the tiers allow', () => {
    expect(of('core/src/mapping/rule.ts', './match.ts', '../domain/usage.ts', '../errors.ts', 'node:util')).toEqual([])
    expect(of('core/src/gateway/create.ts', '../mapping/rule.ts', '../observe/observer.ts')).toEqual([])
    expect(of('core/src/ledger/plan/cell.ts', '../ledger.ts', '../usage/batch.ts')).toEqual([])
    expect(of('core/src/client/transport/exchange.ts', 'undici', 'node:tls')).toEqual([])
    expect(of('core/src/index.ts', './gateway/gateway.ts', './client/client.ts')).toEqual([])
    expect(violations('packages/koa/src/view.ts', `import type { A } from 'node:http'\n`)).toEqual([])
    expect(violations('packages/core/src/configuration/o.ts', `import type { Pool } from 'undici'\n`)).toEqual([])
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
      `export type F = string\n/** It is there from 'eight' on. */`,
    ].join('\n')
    expect(importsOf(text).map(({ specifier }) => specifier)).toEqual(['one', 'two', 'three', 'four', 'five'])
  })

  it('see a library for tokens that every gateway would load', () => {
    expect(of('core/src/credentials/oidc/a.ts', 'jose')).toHaveLength(1)
    expect(of('core/src/credentials/oidc/a.ts', 're2js')).toHaveLength(1)
    expect(violations('packages/core/src/credentials/oidc/a.ts', `return import('jose')`)).toEqual([])
  })

  it('see a call of fetch', () => {
    expect(violations('packages/core/src/domain/usage.ts', 'await fetch(url)')).toHaveLength(1)
    expect(violations('packages/core/src/domain/usage.ts', 'this.fetch(url); prefetch(url)')).toEqual([])
  })
})

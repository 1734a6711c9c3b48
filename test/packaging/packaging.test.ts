import { execFile, execFileSync } from 'node:child_process'
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { errorPage } from '../../packages/core/src/primitives/error-page.ts'
import { packAll, ROOT } from '../../scripts/pack.mjs'

// Without NODE_PATH: pnpm's launchers set it, and packages would be resolved from the workspace.
const { NODE_PATH: _, ...env } = process.env
const run = (command: string, given: string[]) => promisify(execFile)(command, given, { cwd: project, env })
const project = mkdtempSync(join(tmpdir(), 'threescale-consumer-'))

/** What npm would fetch, and whose it is in the workspace, so that the test needs no registry. */
const FETCHED: Readonly<Record<string, string>> = {
  undici: 'packages/core',
  'fast-xml-parser': 'packages/core',
  'lru-cache': 'packages/core',
  jose: 'packages/core',
  re2js: 'packages/core',
  'fastify-plugin': 'packages/fastify',
  fastify: 'packages/fastify',
  koa: 'packages/koa',
  '@types/koa': 'packages/koa',
  '@types/express': 'packages/express',
  '@opentelemetry/api': 'packages/opentelemetry',
  '@types/node': '.',
  jest: '.',
  typescript54: '.',
  typescript: '.',
}

function link(name: string, target: string): void {
  const place = join(project, 'node_modules', name)
  mkdirSync(dirname(place), { recursive: true })
  symlinkSync(realpathSync(target), place)
}

beforeAll(() => {
  const packed = join(project, 'packed')
  mkdirSync(packed)
  for (const tarball of packAll(packed)) {
    const name = /^threescale-(\w+)-/.exec(basename(tarball))![1]!
    const place = join(project, 'node_modules/@threescale', name)
    mkdirSync(place, { recursive: true })
    execFileSync('tar', ['xzf', tarball, '-C', place, '--strip-components=1'])
  }
  for (const [name, owner] of Object.entries(FETCHED)) link(name, join(ROOT, owner, 'node_modules', name))
  link('express', join(ROOT, 'packages/express/node_modules/express4'))
  for (const name of ['express4', 'two-copies', 'types', 'jest-babel']) {
    const folder = fileURLToPath(new URL(`projects/${name}`, import.meta.url))
    cpSync(folder, project, { recursive: true, filter: (file) => basename(file) !== 'package.json' })
  }
  writeFileSync(join(project, 'package.json'), '{ "private": true }')
}, 180_000)

afterAll(() => rmSync(project, { recursive: true, force: true }))

it('core contains the page whose address its errors give', () => {
  const { pathname } = new URL(errorPage('ERR_THREESCALE_CONFIG'))
  const file = pathname.replace('/@threescale/core/', '')
  expect(readFileSync(join(project, 'node_modules/@threescale/core', file), 'utf8')).toContain(
    '### ERR_THREESCALE_CONFIG',
  )
})

describe('the packed packages, in a separate project', () => {
  it('are required by a CommonJS app on Express 4', async () => {
    const version = JSON.parse(readFileSync(join(project, 'node_modules/express/package.json'), 'utf8')).version
    expect(version).toMatch(/^4\./)
    const { stdout } = await run(process.execPath, ['app.cjs'])
    expect(JSON.parse(stdout)).toEqual({
      functions: [true, true, true],
      answers: [
        '200 {"plan":"Unlimited"}',
        '403 {"type":"about:blank","title":"Forbidden","status":403,"detail":"user key \\"***\\" is invalid","code":"user_key_invalid"}',
      ],
    })
  })

  it('are imported as ES modules, by name and by default', async () => {
    const { stdout } = await run(process.execPath, ['app.mjs'])
    expect(JSON.parse(stdout)).toEqual({
      authorized: true,
      plan: 'Unlimited',
      gateway: 'function',
      journal: 'function',
      store: 'function',
      adapters: [true, true, true, true],
    })
  })

  it('serve the dashboard of the emulator, in less than 1 MB', async () => {
    const place = join(project, 'node_modules/@threescale/emulator')
    const { createEmulator } = await import(/* @vite-ignore */ pathToFileURL(join(place, 'dist/index.js')).href)
    const ask = (target: string) => createEmulator().handle({ method: 'GET', target, headers: { host: 'localhost' } })
    const page: string = ask('/emulator/').body
    const [, module] = /src="([a-z]+\.js)"/.exec(page)!
    expect(ask(`/emulator/${module}`)).toMatchObject({ status: 200, body: expect.stringContaining('import') })
    const sizes = readdirSync(place, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => statSync(join(parentPath, name)).size)
    expect(sizes.reduce((sum, size) => sum + size)).toBeLessThan(1_000_000)
  })

  it('know the objects of another copy in the process: ES modules and CommonJS', async () => {
    await expect(run(process.execPath, ['test-copies.mjs'])).resolves.toMatchObject({ stdout: '' })
  })

  it('bring types for the oldest and the newest compiler, under the settings for modules', async () => {
    const combinations = ['typescript54:nodenext:own', 'typescript:nodenext', 'typescript:bundler']
    await expect(run(process.execPath, ['test-types.mjs', ...combinations])).resolves.toMatchObject({ stderr: '' })
  }, 120_000)

  it('are loaded by Jest without settings, and its fake timers make the gateway report', async () => {
    const jest = join(project, 'node_modules/jest/bin/jest.js')
    const given = ['express.test.js', 'fake-timers.test.js', '--rootDir', project]
    await expect(run(process.execPath, [jest, ...given])).resolves.toMatchObject({
      stderr: expect.stringMatching(/^Tests: +4 passed, 4 total$/m),
    })
  }, 60_000)
})

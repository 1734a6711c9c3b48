import { execFileSync } from 'node:child_process'
import { readFileSync, statSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const files = execFileSync('git', ['ls-files', '-z'], { cwd: ROOT, encoding: 'utf8' }).split('\0').filter(Boolean)
const read = (file: string) => readFileSync(`${ROOT}${file}`, 'utf8')

it('the lockfile names no registry host and no tarball address, so that it installs from any registry', () => {
  const lockfile = read('pnpm-lock.yaml')
  expect(lockfile).toContain('lockfileVersion')
  expect(lockfile.match(/https?:\/\/\S+|tarball:/g)).toBeNull()
})

it('nothing generated, and no configuration of one machine, is committed', () => {
  const wrong =
    /(^|\/)(node_modules|build|dist|coverage)\/|\.(tgz|tsbuildinfo|cpuprofile|log)$|(^|\/)(\.npmrc|\.env|package-lock\.json|yarn\.lock)$/
  expect(files.filter((file) => wrong.test(file))).toEqual([])
})

it('no file names a path of one machine', () => {
  const homes = /(?<![\w.~-])\/(?:home|Users|root|work)\/[\w.-]+\//
  const texts = files.filter(
    (file) => !file.startsWith('test/conformance/') && statSync(`${ROOT}${file}`).size < 1_000_000,
  )
  expect(texts.filter((file) => homes.test(read(file)))).toEqual([])
})

it('package.json names no package manager, because pnpm 12 would try to fetch itself', () => {
  const { packageManager, devEngines } = JSON.parse(read('package.json'))
  expect([packageManager, devEngines]).toEqual([undefined, undefined])
})

it('every package requires the same Node, ships types and sources, and has no install script', () => {
  const manifests = files.filter((file) => /^packages\/[^/]+\/package\.json$/.test(file))
  expect(manifests.length).toBeGreaterThanOrEqual(5)
  for (const manifest of manifests) {
    const {
      name,
      version,
      engines,
      type,
      sideEffects,
      exports,
      files: shipped,
      license,
      scripts,
      main,
      types,
    } = JSON.parse(read(manifest))
    expect({
      name,
      version,
      engines,
      type,
      sideEffects,
      license,
      scripts,
      entry: exports['.'],
      old: { main, types },
      shipped,
    }).toEqual({
      name: `@threescale/${manifest.split('/')[1]}`,
      version: expect.stringMatching(/^\d+\.\d+\.\d+$/),
      engines: { node: '>=20.19' },
      type: 'module',
      sideEffects: false,
      license: 'MIT',
      scripts: undefined,
      entry: {
        import: { types: './dist/index.d.ts', default: './dist/index.js' },
        require: { types: './dist/index.d.cts', default: './dist/index.cjs' },
      },
      old: { main: './dist/index.cjs', types: './dist/index.d.cts' },
      shipped: ['dist', 'src'],
    })
  }
})

it('the list of runtime dependencies is closed', () => {
  const dependencies = files
    .filter((file) => /^packages\/[^/]+\/package\.json$/.test(file))
    .flatMap((file) => Object.keys(JSON.parse(read(file)).dependencies ?? {}))
    .filter((name) => !name.startsWith('@threescale/'))
  expect([...new Set(dependencies)].sort()).toEqual([
    'fast-xml-parser',
    'fastify-plugin',
    'jose',
    'lru-cache',
    're2js',
    'undici',
  ])
})

it('every picture is small, and shown on a page', () => {
  const pages = files.filter((file) => file.endsWith('.md')).map(read)
  const pictures = files.filter((file) => file.endsWith('.png'))
  expect(pictures.length).toBeGreaterThan(0)
  for (const picture of pictures) {
    expect(statSync(`${ROOT}${picture}`).size, picture).toBeLessThan(150_000)
    expect(
      pages.some((page) => page.includes(picture.replace(/^docs\//, ''))),
      picture,
    ).toBe(true)
  }
})

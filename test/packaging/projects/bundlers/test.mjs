// Bundles an app by each bundler, into one file that runs without node_modules.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { copyFileSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { promisify } from 'node:util'
import { createEmulator } from '@threescale/emulator'

const run = (command, given, options) => promisify(execFile)(command, given, options)
const emulator = createEmulator()
const backendUrl = await emulator.listen({ port: 0 })
const elsewhere = mkdtempSync(join(tmpdir(), 'bundled-'))

const esbuild = (app, format, file) =>
  run('esbuild', [app, '--bundle', '--platform=node', `--format=${format}`, `--outfile=${file}`, ...banner(format)])
// Of undici and of Node's own modules, which undici requires.
const banner = (format) =>
  format === 'esm' ? ["--banner:js=import{createRequire as r}from'node:module';const require=r(import.meta.url);"] : []
const webpack = (app, file) =>
  run('webpack', [
    '--mode=production',
    '--target=node20',
    `--entry=./${app}`,
    '--output-path=out',
    `-o`,
    'out',
    `--output-filename=${basename(file)}`,
  ])
const ncc = async (app, file) => {
  await run('ncc', ['build', app, '-o', 'out/ncc'])
  copyFileSync(`out/ncc/index.${app.endsWith('mjs') ? 'mjs' : 'cjs'}`, file)
}

const bundles = {
  'esbuild, from CommonJS to CommonJS': ['out/a.cjs', () => esbuild('app.cjs', 'cjs', 'out/a.cjs')],
  'esbuild, from ES modules to CommonJS': ['out/b.cjs', () => esbuild('app.mjs', 'cjs', 'out/b.cjs')],
  'esbuild, from ES modules to ES modules': ['out/c.mjs', () => esbuild('app.mjs', 'esm', 'out/c.mjs')],
  'webpack, from CommonJS': ['out/d.cjs', () => webpack('app.cjs', 'out/d.cjs')],
  'webpack, from ES modules': ['out/e.cjs', () => webpack('app.mjs', 'out/e.cjs')],
  'ncc, from CommonJS': ['out/f.cjs', () => ncc('app.cjs', 'out/f.cjs')],
  'ncc, from ES modules': ['out/g.mjs', () => ncc('app.mjs', 'out/g.mjs')],
}
for (const [name, [file, make]] of Object.entries(bundles)) {
  await make()
  const alone = join(elsewhere, basename(file))
  copyFileSync(file, alone)
  const { stdout } = await run(process.execPath, [alone], { env: { BACKEND_URL: backendUrl } })
  assert.deepEqual(JSON.parse(stdout), [200, 403, 'function', 'function'], name)
  console.log(name)
}
await emulator.close()

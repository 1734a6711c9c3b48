// Checks the packages to be published: contents, publint, are-the-types-wrong.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { packAll, ROOT } from './pack.mjs'

const work = mkdtempSync(join(tmpdir(), 'threescale-packages-'))
process.on('exit', () => rmSync(work, { recursive: true, force: true }))

/** @param {string} command @param {string[]} given @param {string} [cwd] */
function run(command, given, cwd = ROOT) {
  try {
    return execFileSync(command, given, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
  } catch (error) {
    const { stdout, stderr } = /** @type {{ stdout: string, stderr: string }} */ (error)
    console.error(`${command} ${given.join(' ')}\n${stdout}${stderr}`)
    process.exit(1)
  }
}

/** @param {string} tarball */
function checkContents(tarball) {
  const files = run('tar', ['tzf', tarball])
    .split('\n')
    .map((file) => file.replace(/^package\//, ''))
  for (const needed of [
    'package.json',
    'README.md',
    'LICENSE',
    'dist/index.js',
    'dist/index.cjs',
    'dist/index.d.ts',
    'dist/index.d.cts',
    'src/index.ts',
  ]) {
    if (!files.includes(needed)) throw new Error(`${basename(tarball)} lacks ${needed}`)
  }
  const foreign = files.filter(
    (file) =>
      !/^(?:package\.json|README\.md|LICENSE|CHANGELOG\.md|(?:dist|src)\/.+|)$/.test(file) || /tsbuildinfo/.test(file),
  )
  if (foreign.length > 0) throw new Error(`${basename(tarball)} carries ${foreign.join(', ')}`)
}

const tarballs = packAll(work)
for (const tarball of tarballs) {
  checkContents(tarball)
  run('npx', ['publint', 'run', tarball, '--strict'])
  run('npx', ['attw', tarball])
  console.log(`${basename(tarball)}: contents, publint and types are right`)
}

// Checks the packages to be published: contents, publint, are-the-types-wrong, and an npm install in a new project.
import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { packAll, ROOT } from './pack.mjs'

const TYPESCRIPTS = { typescript54: '5.4.5', typescript59: '5.9.3', typescript60: '6.0.3', typescript70: '7.0.2' }

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
  for (const needed of ['package.json', 'README.md', 'LICENSE', 'dist/index.js', 'dist/index.d.ts', 'src/index.ts']) {
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
  run('npx', ['attw', tarball, '--profile', 'esm-only'])
  console.log(`${basename(tarball)}: contents, publint and types are right`)
}

const project = join(work, 'project')
mkdirSync(project)
cpSync(join(ROOT, 'test/packaging/consumer'), project, { recursive: true })
writeFileSync(join(project, 'package.json'), '{ "private": true }')
const frameworks = ['express@4', 'fastify@5', 'koa@3', '@types/express@4', '@types/koa@3', '@types/node@20']
const compilers = Object.entries(TYPESCRIPTS).map(([name, version]) => `${name}@npm:typescript@${version}`)
run('npm', ['install', '--no-audit', '--no-fund', ...tarballs, ...frameworks, ...compilers], project)
console.log(run('node', ['app.cjs'], project).trim())
console.log(run('node', ['app.mjs'], project).trim())
for (const name of Object.keys(TYPESCRIPTS)) {
  const { bin, version } = JSON.parse(readFileSync(join(project, 'node_modules', name, 'package.json'), 'utf8'))
  run('node', [join('node_modules', name, bin.tsc), '-p', 'tsconfig.json'], project)
  console.log(`types resolve under TypeScript ${version}`)
}

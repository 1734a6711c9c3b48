// Installs the packed packages in each project of test/packaging/projects, as users would, and runs its `npm test`.
// Names of projects as arguments: only those. Ends with a table; a project that fails prints what it said.
import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { packAll, ROOT } from './pack.mjs'

const PROJECTS = join(ROOT, 'test/packaging/projects')
const work = mkdtempSync(join(tmpdir(), 'threescale-projects-'))
process.on('exit', () => rmSync(work, { recursive: true, force: true }))

const packed = join(work, 'packed')
mkdirSync(packed)
const tarballs = Object.fromEntries(
  packAll(packed).map((file) => [`@threescale/${/^threescale-(\w+)-/.exec(basename(file))?.[1]}`, `file:${file}`]),
)

/** @param {string} name */
function tryProject(name) {
  const project = join(work, name)
  cpSync(join(PROJECTS, name), project, { recursive: true })
  writeQuickstart(name, project)
  const manifest = JSON.parse(readFileSync(join(project, 'package.json'), 'utf8'))
  manifest.dependencies = { ...manifest.dependencies, ...tarballs }
  writeFileSync(join(project, 'package.json'), JSON.stringify(manifest))
  // Without what `npm run` sets for this repository.
  const env = Object.fromEntries(Object.entries(process.env).filter(([key]) => !/^(?:npm_|NODE_PATH$)/.test(key)))
  for (const command of [['install', '--no-audit', '--no-fund'], ['test']]) {
    const { status, stdout, stderr } = spawnSync('npm', command, { cwd: project, env, encoding: 'utf8' })
    if (status !== 0) return `npm ${command[0]} failed\n${stdout}${stderr}`
  }
}

/** The programs of the documentation that a project tries: as `quickstart.ts` beside its own, or as the file they name. */
const QUICKSTARTS = readFileSync(join(ROOT, 'docs/quickstarts.md'), 'utf8')

/** @param {string} name @param {string} project */
function writeQuickstart(name, project) {
  const programs = new RegExp(`^\`\`\`ts ${name}(?: (\\S+))?\n([\\s\\S]*?)^\`\`\`$`, 'gm')
  for (const [, file = 'quickstart.ts', program = ''] of QUICKSTARTS.matchAll(programs)) {
    mkdirSync(dirname(join(project, file)), { recursive: true })
    writeFileSync(join(project, file), program)
  }
}

const chosen = process.argv.length > 2 ? process.argv.slice(2) : readdirSync(PROJECTS)
const results = chosen.map((name) => {
  const begin = performance.now()
  const failure = tryProject(name)
  rmSync(join(work, name), { recursive: true, force: true })
  if (failure !== undefined) console.error(`${name}: ${failure}`)
  const row = { name, works: failure === undefined, seconds: Math.round((performance.now() - begin) / 1000) }
  console.log(`${name}: ${row.works ? 'works' : 'FAILS'} (${row.seconds} s)`)
  return row
})
if (results.some(({ works }) => !works)) process.exit(1)

// Compiles against the types of every package, by each compiler under each of its module settings. Where the settings are
// strict, the declarations of the packages and of all that they need are checked, too; an error that the frameworks have
// without us is not ours.
// Combinations as arguments, `typescript54:nodenext` for example: only those, strict, and without Hono. With `:own` behind
// them, the declarations are read but not checked, which takes half of the time.
import { execFile } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { promisify } from 'node:util'

const compilers = ['typescript54', 'typescript57', 'typescript59', 'typescript60', 'typescript70']
const settings = {
  node10: { module: 'commonjs', moduleResolution: 'node10', esModuleInterop: true, files: ['app.ts'] },
  'node10-no-interop': { module: 'commonjs', moduleResolution: 'node10', esModuleInterop: false, files: ['app.ts'] },
  node16: { module: 'node16', files: ['app.ts', 'app.mts', 'required.cts'] },
  nodenext: { module: 'nodenext', files: ['app.ts', 'app.mts', 'required.cts'] },
  bundler: { module: 'esnext', moduleResolution: 'bundler', files: ['app.ts', 'app.mts'] },
}
const all = compilers.flatMap((compiler) =>
  Object.keys(settings).flatMap((setting) => [
    [compiler, setting, true, false],
    [compiler, setting, false, true],
  ]),
)
const chosen = process.argv.slice(2).map((combination) => {
  const [compiler, setting, own] = combination.split(':')
  return [compiler, setting, true, own === 'own']
})

/** Errors of the frameworks without us; most are the same under all settings. */
const ofOthers = new Set()

async function compile([compiler, setting, strict, skipLibCheck]) {
  const { bin, version } = JSON.parse(readFileSync(`node_modules/${compiler}/package.json`, 'utf8'))
  const { files, ...modules } = settings[setting]
  if (modules.moduleResolution === 'node10') {
    // Gone since 7, and since 6 only with a word for it.
    if (version.startsWith('7')) return 'gone'
    if (version.startsWith('6')) modules.ignoreDeprecations = '6.0'
  }
  const options = { target: 'es2022', types: ['node'], ...modules, strict, skipLibCheck, noEmit: true }
  const name = `${compiler}.${setting}.${strict}`
  const tsc = `node_modules/${compiler}/${bin.tsc}`
  let errors = await errorsOf(tsc, `tsconfig.${name}.json`, {
    compilerOptions: options,
    files: chosen.length === 0 ? [...files, 'hono.ts'] : files,
  })
  if (errors.some((error) => error.startsWith('node_modules/') && !ofOthers.has(error))) {
    const config = { compilerOptions: options, files: ['others.ts'] }
    for (const error of await errorsOf(tsc, `tsconfig.${name}.others.json`, config)) ofOthers.add(error)
  }
  errors = errors.filter((error) => !ofOthers.has(error))
  if (errors.length === 0) return 'yes'
  console.error(`${name}:\n${errors.join('\n')}`)
  process.exitCode = 1
  return 'NO'
}

async function errorsOf(tsc, file, config) {
  writeFileSync(file, JSON.stringify(config))
  const compiling = promisify(execFile)(process.execPath, [tsc, '-p', file, '--pretty', 'false'])
  const { stdout, stderr } = await compiling.catch((failed) => failed)
  return `${stdout}${stderr}`.split(/\n(?! )/).filter((error) => error !== '')
}

const open = chosen.length > 0 ? [...chosen] : all
const table = Object.fromEntries(open.map(([compiler]) => [compiler, {}]))
async function work() {
  for (let next = open.shift(); next !== undefined; next = open.shift()) {
    const [compiler, setting, strict] = next
    table[compiler][strict ? setting : `${setting}, not strict`] = await compile(next)
  }
}
await Promise.all(Array.from({ length: availableParallelism() }, work))
console.table(table)

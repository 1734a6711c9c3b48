// Compiles against the types of every package, by each compiler under each of its module settings. Where the settings are
// strict, the declarations of the packages and of all that they need are checked, too.
// Combinations as arguments, `typescript54:nodenext` for example: only those, and strict. With `:own` behind them, the
// declarations are read but not checked, which takes half of the time.
import { execFile } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
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

async function compile([compiler, setting, strict, skipLibCheck]) {
  const { bin, version } = JSON.parse(readFileSync(`node_modules/${compiler}/package.json`, 'utf8'))
  const { files, ...modules } = settings[setting]
  if (modules.moduleResolution === 'node10') {
    // Gone since 7, and since 6 only with a word for it.
    if (version.startsWith('7')) return 'gone'
    if (version.startsWith('6')) modules.ignoreDeprecations = '6.0'
  }
  const config = `tsconfig.${compiler}.${setting}.${strict}.json`
  const options = { target: 'es2022', types: ['node'], ...modules, strict, skipLibCheck, noEmit: true }
  writeFileSync(config, JSON.stringify({ compilerOptions: options, files }))
  const tsc = `node_modules/${compiler}/${bin.tsc}`
  const failed = await promisify(execFile)(process.execPath, [tsc, '-p', config]).catch(({ stdout }) => stdout)
  if (typeof failed !== 'string') return 'yes'
  console.error(`${config}:\n${failed}`)
  process.exitCode = 1
  return 'NO'
}

const table = {}
for (const combination of chosen.length > 0 ? chosen : all) {
  const [compiler, setting, strict] = combination
  table[compiler] ??= {}
  table[compiler][strict ? setting : `${setting}, not strict`] = await compile(combination)
}
console.table(table)

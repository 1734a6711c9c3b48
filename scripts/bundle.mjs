// Makes of each package's sources what is published: one ES module and one CommonJS file per entry, with types for both.
// The types come from the declarations that `tsc -b` wrote. A package whose sources did not change is left alone.
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('../', import.meta.url))
// Errors and warnings give the address of this page in the package of core.
const ERRORS_PAGE = join(ROOT, 'docs/errors.md')
const TOOLS = [ERRORS_PAGE, ...['scripts/bundle.mjs', 'pnpm-lock.yaml'].map((file) => join(ROOT, file))]

/**
 * @param {string} folder
 * @param {string} name
 */
async function bundle(folder, name) {
  const stamp = join(folder, 'build/bundled')
  const inputs = inputsOf(folder)
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === inputs && existsSync(join(folder, 'dist'))) return
  /** @type {Record<string, string>} */
  const files = { ...(await scriptsOf(folder, name)), ...(await typesOf(folder, name)) }
  const made = join(folder, 'build/dist')
  rmSync(made, { recursive: true, force: true })
  mkdirSync(made, { recursive: true })
  if (name === 'core') files['errors.md'] = readFileSync(ERRORS_PAGE, 'utf8')
  for (const file in files) writeFileSync(join(made, file), /** @type {string} */ (files[file]))
  // Processes that run meanwhile see the old files or the new ones.
  rmSync(join(folder, 'dist'), { recursive: true, force: true })
  renameSync(made, join(folder, 'dist'))
  writeFileSync(stamp, inputs)
}

/** @param {string} folder */
function inputsOf(folder) {
  const hash = createHash('sha256')
  const sources = readdirSync(join(folder, 'src'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name))
  for (const file of [...sources.sort(), ...TOOLS]) hash.update(file).update(readFileSync(file))
  return hash.digest('hex')
}

/** Entries that exist in a package: what is imported, and what is run. @param {string} folder */
function entriesOf(folder) {
  const importable = ['index', 'adapter', 'hono'].filter((entry) => existsSync(join(folder, `src/${entry}.ts`)))
  return { importable, commands: existsSync(join(folder, 'src/cli.ts')) ? ['cli'] : [] }
}

/** Everything but the package's own files stays an import. @param {string} id */
const external = (id) => !/^[./]/.test(id)

/**
 * @param {string} folder
 * @param {string} name
 */
async function scriptsOf(folder, name) {
  const { rolldown } = await import('rolldown')
  const { importable, commands } = entriesOf(folder)
  const inputOf = (/** @type {string[]} */ entries) =>
    Object.fromEntries(entries.map((entry) => [entry, join(folder, `src/${entry}.ts`)]))
  const shared = {
    sourcemap: true,
    // The sources are published, too.
    sourcemapExcludeSources: true,
    comments: { jsdoc: false },
    // Entries take what they share from one file, which must not run a command. What one entry needs stays there, because
    // it may need a package that users of another do not have.
    codeSplitting: importable.length + commands.length > 1 && {
      groups: [{ name, test: /(?<!\/cli)\.ts$/, minShareCount: 2 }],
    },
  }
  const modules = await rolldown({ input: inputOf([...importable, ...commands]), external, platform: 'node' })
  const { output } = await modules.generate({ ...shared, dir: join(folder, 'dist'), chunkFileNames: '[name].js' })
  const common = await rolldown({ input: inputOf(importable), external, platform: 'node' })
  const { output: commonOutput } = await common.generate({
    ...shared,
    dir: join(folder, 'dist'),
    format: 'cjs',
    exports: 'named',
    externalLiveBindings: false,
    entryFileNames: '[name].cjs',
    chunkFileNames: '[name].cjs',
    // `require` of a package with a default export gives what is exported, with the names as properties.
    footer: ({ exports }) =>
      exports.includes('default') ? 'module.exports = Object.assign(exports.default, exports);' : '',
  })
  return { ...textsOf(output), ...requiredLater(textsOf(commonOutput)) }
}

/** Jest runs no `import()` in CommonJS files. What is CommonJS itself needs none. @param {Record<string, string>} files */
function requiredLater(files) {
  for (const [file, code] of Object.entries(files)) {
    files[file] = code.replaceAll('await import("fast-xml-parser")', 'require("fast-xml-parser")')
  }
  return files
}

/**
 * @param {string} folder
 * @param {string} name
 */
async function typesOf(folder, name) {
  const [{ rolldown }, { dts }] = await Promise.all([import('rolldown'), import('rolldown-plugin-dts')])
  const declarations = await rolldown({
    cwd: dirname(folder),
    input: Object.fromEntries(
      entriesOf(folder).importable.map((entry) => [entry, join(folder, `build/${entry}.d.ts`)]),
    ),
    external,
    plugins: [dts({ dtsInput: true, sourcemap: false })],
  })
  const { output } = await declarations.generate({ dir: join(folder, 'dist'), chunkFileNames: `${name}.d.ts` })
  /** @type {Record<string, string>} */
  const texts = {}
  for (const [file, text] of Object.entries(textsOf(output))) {
    texts[file] = text
    texts[file.replace(/ts$/, 'cts')] = commonTypes(text)
  }
  return texts
}

/** The declarations of the CommonJS file: `export =` where there is a default export. @param {string} text */
function commonTypes(text) {
  const [, exported] = /^export \{ .*\b(\w+) as default\b.*\};?\s*$/m.exec(text) ?? []
  const siblings = text.replace(/(from "\.\/[\w-]+\.)js"/g, '$1cjs"')
  if (exported === undefined) return siblings
  return siblings.replace(
    /^export (\{.*\});?\s*$/m,
    `declare namespace ${exported} {\n  export $1;\n}\nexport = ${exported};\n`,
  )
}

/** @param {readonly import('rolldown').OutputChunk[] | readonly (import('rolldown').OutputChunk | import('rolldown').OutputAsset)[]} output */
function textsOf(output) {
  return Object.fromEntries(
    output.map((file) => [file.fileName, file.type === 'chunk' ? file.code : String(file.source)]),
  )
}

for (const name of readdirSync(join(ROOT, 'packages'))) await bundle(join(ROOT, 'packages', name), name)

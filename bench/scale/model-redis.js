// @ts-check
/** The tests' model of Redis and our scripts, for simulated clocks. It is TypeScript, so it is compiled at first. */
import { execFileSync } from 'node:child_process'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const SOURCE = 'test/support/model-redis.ts'
// Ignored by git.
const OUT = 'bench/.cache'

/**
 * @param {import('./simulated-clock.js').SimulatedClock} clock
 * @param {object} settings of the scripts
 * @returns {Promise<{ send(command: readonly string[]): Promise<unknown> }>}
 */
export async function createModelRedis(clock, settings) {
  const manifest = createRequire(join(ROOT, 'package.json')).resolve('typescript/package.json')
  const tsc = join(dirname(manifest), createRequire(manifest)('./package.json').bin.tsc)
  const options = ['--ignoreConfig', '--noCheck', '--skipLibCheck', '--rewriteRelativeImportExtensions']
  const target = ['--module', 'nodenext', '--target', 'es2023', '--types', 'node', '--rootDir', ROOT]
  execFileSync(process.execPath, [tsc, SOURCE, ...options, ...target, '--outDir', OUT], { cwd: ROOT })
  const module = new URL('../.cache/test/support/model-redis.js', import.meta.url).href
  const { ModelRedis } = await import(module)
  return new ModelRedis(clock, settings)
}

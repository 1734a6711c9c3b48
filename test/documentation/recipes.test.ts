/** The recipes for tests are run by the runners that they are for. */
import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, describe, expect, it } from 'vitest'

const run = promisify(execFile)
const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const page = readFileSync(join(ROOT, 'docs/recipes.md'), 'utf8')
// An example with all packages that the recipes need; the folder is ignored by git.
const cache = join(ROOT, 'examples/observability/.cache')
mkdirSync(cache, { recursive: true })
const folder = mkdtempSync(join(cache, 'recipes-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** Without what the surrounding Vitest has set. */
const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^VITEST|^NODE_/.test(name)))

function write(name: string, info: string): string {
  const path = join(folder, name)
  writeFileSync(path, page.split(`\n\`\`\`${info}\n`)[1]!.split('\n```\n')[0]!)
  return path
}

describe('the recipes for tests', () => {
  it('for Vitest passes under Vitest', async () => {
    write('recipe.test.js', 'js vitest')
    const vitest = join(ROOT, 'node_modules/vitest/vitest.mjs')
    // With a configuration of its own, or Vitest would find that of this repository.
    const config = join(folder, 'vitest.config.mjs')
    writeFileSync(config, 'export default {}')
    const given = [vitest, 'run', '--root', folder, '--config', config]
    const { stdout } = await run(process.execPath, given, { cwd: folder, env })
    expect(stdout).toMatch(/1 passed/)
  })

  it("for Node's runner passes under node --test", async () => {
    const path = write('recipe.mjs', 'js node:test')
    const { stdout } = await run(process.execPath, ['--test', path], { cwd: folder, env })
    expect(stdout).toMatch(/pass 1\b[\s\S]*fail 0\b/)
  })
})

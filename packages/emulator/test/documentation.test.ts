/** docs/emulator.md: its examples run, its curl lines work, its tables name everything that exists. */
import { execFile, spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createEmulator, stateSchema } from '../src/index.ts'
import { validateState } from '../src/provider/validate-state.ts'

const run = promisify(execFile)
const page = readFileSync(new URL('../../../docs/emulator.md', import.meta.url), 'utf8')
const root = fileURLToPath(new URL('../../../', import.meta.url))

const hasCurl = spawnSync('curl', ['--version']).status === 0

/** The code blocks opened with exactly this line. */
function blocks(info: string): string[] {
  return [...page.matchAll(/^```(.*)\n([\s\S]*?)^```$/gm)]
    .filter(([, found]) => found === info)
    .map(([, , code]) => code!)
}

let folder: string
beforeEach(() => {
  // Inside the package, so that the examples can import it by name.
  folder = mkdtempSync(fileURLToPath(new URL('../dist/documentation-', import.meta.url)))
})
afterEach(() => rmSync(folder, { recursive: true }))

function writeExample(name: string, code: string | undefined): string {
  const path = join(folder, name)
  writeFileSync(path, code!)
  return path
}

describe('the examples', () => {
  test('for Vitest passes under Vitest', async () => {
    const path = writeExample('example.test.js', blocks('js vitest')[0])
    const vitest = join(root, 'node_modules/vitest/vitest.mjs')
    const config = writeExample('vitest.config.js', `export default { test: { include: [${JSON.stringify(path)}] } }`)
    const options = { cwd: folder, env: withoutVitest() }
    const { stdout } = await run(process.execPath, [vitest, 'run', '--root', folder, '--config', config], options)
    expect(stdout).toMatch(/2 passed/)
  })

  test('for node:test passes under node --test', async () => {
    const path = writeExample('example.test.js', blocks('js node:test')[0])
    const { stdout } = await run(process.execPath, ['--test', path], { cwd: folder, env: withoutVitest() })
    expect(stdout).toMatch(/pass 1\b/)
    expect(stdout).toMatch(/fail 0\b/)
  })

  test('of a state is one', () => {
    for (const block of blocks('json state')) validateState(JSON.parse(block))
  })

  test.skipIf(!hasCurl)('for curl work, line by line', async () => {
    const lines = blocks('sh').flatMap((block) => block.split('\n').filter((line) => line.startsWith('curl ')))
    expect(lines).toHaveLength(9)
    await using emulator = createEmulator({ portal: true, identityProvider: true })
    const url = await emulator.listen()
    const statuses: string[] = []
    for (const line of lines) {
      const command = `${line.replace('http://127.0.0.1:3000', url)} -s -o ${join(folder, 'body')} -w '%{http_code}'`
      statuses.push((await run('sh', ['-c', command])).stdout)
    }
    expect(statuses).toEqual(['200', '200', '202', ...Array(6).fill('200')])
    expect(emulator.usage()['2555418']?.['good-app']?.hits?.eternity).toBe(3)
    expect(emulator.faults()).toEqual([{ kind: 'status', status: 503, count: 2 }])
  })

  /** The environment of an ordinary shell: the variables of the outer run would make an inner one a worker of it. */
  function withoutVitest(): NodeJS.ProcessEnv {
    const isOurs = (name: string) => /^(?:VITEST|TEST|NODE_TEST|NODE_OPTIONS|NODE_ENV)/.test(name)
    return Object.fromEntries(Object.entries(process.env).filter(([name]) => !isOurs(name)))
  }
})

describe('the tables', () => {
  const prose = page.replace(/^```.*\n[\s\S]*?^```$/gm, '')
  const named = [...prose.matchAll(/`([^`]+)`/g)].map(([, text]) => text!)

  test('name every option of the command line', async () => {
    const cli = fileURLToPath(new URL('../dist/cli.js', import.meta.url))
    const child = spawn(process.execPath, [cli, '--help'])
    let help = ''
    for await (const chunk of child.stdout) help += chunk
    for (const [option] of help.matchAll(/--[a-z-]+/g)) {
      if (option !== '--help') expect(page, option).toContain(`\`${option}`)
    }
  })

  test('name every member of the emulator', () => {
    const members = Object.keys(createEmulator())
    for (const member of members) {
      expect(
        named.some((text) => text === member || text.startsWith(`${member}(`)),
        member,
      ).toBe(true)
    }
  })

  test('name every member of a state', () => {
    const definitions = Object.values(stateSchema.$defs as Record<string, { properties: object }>)
    const members = definitions.flatMap(({ properties }) => Object.keys(properties))
    for (const member of members) expect(page, member).toMatch(new RegExp(`[\`"]${member}[\`"]`))
  })
})

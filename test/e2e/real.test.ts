/** `npm run real` works: its suite runs against the emulator, and skips itself where no backend is named. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { createEmulator, type EmulatorOptions } from '@threescale/emulator'
import { expect, it, onTestFinished } from 'vitest'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const STATE = `${ROOT}test/real/state.json`

async function real(env: Readonly<Record<string, string>>) {
  const own = Object.entries(process.env).filter(([name]) => !/^(?:VITEST|APISONATOR_|NODE_V8|TEST$)/.test(name))
  const vitest = ['node_modules/vitest/vitest.mjs', 'run', '--config', 'test/real/vitest.config.ts']
  const child = spawn(process.execPath, vitest, {
    cwd: ROOT,
    env: { ...Object.fromEntries(own), NO_COLOR: '1', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk))
  const [code] = await once(child, 'close')
  return { code, output, last: output.trimEnd().split('\n').at(-1) }
}

async function emulated(options: EmulatorOptions = {}) {
  const emulator = createEmulator({ state: JSON.parse(readFileSync(STATE, 'utf8')), ...options })
  onTestFinished(() => emulator.close())
  return { emulator, env: { APISONATOR_URL: await emulator.listen(), APISONATOR_STATE: STATE } }
}

it('passes against a backend that counts later', async () => {
  const { emulator, env } = await emulated({ reportDelayMs: 200 })
  const { code, output, last } = await real(env)
  expect(last, output).toMatch(/^\d\d passed, 0 failed, 0 skipped$/)
  expect(code).toBe(0)
  expect(emulator.usage()['901001']!['real-basic']!.lookup!.month).toBe(100)
}, 60_000)

it('is skipped and says why if no backend is named', async () => {
  const { code, output, last } = await real({})
  expect(last, output).toMatch(/^0 passed, 0 failed, \d+ skipped$/)
  expect(output).toContain('set APISONATOR_URL and APISONATOR_STATE')
  expect(code).toBe(0)
}, 60_000)

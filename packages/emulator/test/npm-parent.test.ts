import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { noteNpmParent } from '../src/npm-parent.ts'

const cli = fileURLToPath(new URL('../dist/cli.js', import.meta.url))
// A package in which npx finds the program.
const core = fileURLToPath(new URL('../../core/', import.meta.url))

const children: ChildProcess[] = []
afterEach(() => {
  vi.unstubAllEnvs()
  vi.useRealTimers()
  for (const child of children.splice(0)) endGroup(child.pid!)
})

/** Ends what a failed test has left running: a program that is started detached leads its group. */
function endGroup(leader: number): void {
  try {
    process.kill(-leader, 'SIGKILL')
  } catch {
    // All of them have ended.
  }
}

/** Starts a program that starts the emulator, and waits for its address. */
async function start(command: string, options: string[], env: Readonly<Record<string, string>> = {}) {
  const child = spawn(command, options, {
    cwd: core,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'ignore'],
    detached: true,
  })
  children.push(child)
  const [address] = await once(child.stdout, 'data')
  // Every process in between holds this end of the pipe, too.
  const ended = once(child.stdout, 'end')
  child.stdout.resume()
  return { child, url: String(address).trim(), ended }
}

describe.skipIf(process.platform !== 'linux')('the command line under npm', () => {
  // npm starts a shell, which waits for the program. This is how npx does it, without its own time to start.
  const npm = `import('node:child_process').then(({ spawn }) => {
    const shell = spawn('sh', ['-c', ${JSON.stringify(`"${process.execPath}" "${cli}" --port 0; :`)}], { stdio: 'inherit' })
    process.on('SIGTERM', () => { shell.kill('SIGTERM'); process.exit() })
  })`

  test.each(['SIGKILL', 'SIGTERM'] as const)('ends after npm was ended by %s', async (signal) => {
    const { child, url, ended } = await start(process.execPath, ['-e', npm], { npm_config_user_agent: 'npm' })
    child.kill(signal)
    await ended
    await expect(fetch(`${url}/status`)).rejects.toThrow()
  })

  test('ends after npx itself was killed', async () => {
    const { child, url, ended } = await start('npx', ['--no-install', 'threescale-emulator', '--port', '0'])
    child.kill('SIGKILL')
    await ended
    await expect(fetch(`${url}/status`)).rejects.toThrow()
  })
})

test('a program that npm did not start looks at no parent', () => {
  vi.useFakeTimers()
  vi.stubEnv('npm_config_user_agent', undefined)
  noteNpmParent()(() => {})
  expect(vi.getTimerCount()).toBe(0)
  vi.stubEnv('npm_config_user_agent', 'npm')
  const stop = noteNpmParent()(() => {})
  expect(vi.getTimerCount()).toBe(1)
  stop()
  expect(vi.getTimerCount()).toBe(0)
})

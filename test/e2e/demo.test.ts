import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { promisify } from 'node:util'
import { describe, expect, it, onTestFinished } from 'vitest'
import { copyTree } from './tree-copy.ts'

const copy = copyTree()

/** Runs `npm run demo` without a terminal, in its own process group, and collects its output up to the last line. */
async function demo(...options: string[]) {
  const child = spawn('npm', ['run', 'demo', '--', ...options], {
    cwd: copy.folder,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...copy.env, CI: 'true', PORT: '0', EMULATOR_PORT: '0' },
  })
  onTestFinished(() => {
    if (groupLives(child.pid!)) process.kill(-child.pid!, 'SIGKILL')
  })
  const exit = once(child, 'exit')
  let output = ''
  child.stderr.on('data', (chunk) => {
    output += chunk
  })
  await new Promise<void>((resolve, reject) => {
    exit.then(() => reject(new Error(`the demo ended: ${output}`)), reject)
    child.stdout.on('data', (chunk) => {
      output += chunk
      if (output.includes('Ctrl-C ends all.')) resolve()
    })
  })
  return { child, output, exit }
}

/** Status, case and detail of each request that the output tells. */
function requestsIn(output: string): string[][] {
  return [...output.matchAll(/^ {2}GET \S+ +(\d+) {2}([^:]+): (.*)$/gm)].map(([, ...parts]) => parts)
}

function groupLives(pid: number): boolean {
  try {
    process.kill(-pid, 0)
    return true
  } catch {
    return false
  }
}

describe('npm run demo', () => {
  it('shows what happens, keeps serving, and leaves no process behind after Ctrl-C', async () => {
    const { child, output, exit } = await demo()
    const happened = requestsIn(output)
    expect(happened.slice(0, 4)).toEqual([
      ['200', 'allowed', '{"word":"hello","plan":"Basic"}'],
      ['401', 'no key', 'credentials_missing'],
      ['403', 'wrong key', 'user_key_invalid'],
      ['403', 'suspended application', 'application_not_active'],
    ])
    expect(happened.at(-1)).toEqual([
      '429',
      'good key again',
      expect.stringMatching(/^limits_exceeded, Retry-After \d+$/),
    ])
    expect(happened.slice(4, -1).every(([status]) => status === '200')).toBe(true)

    const [, backend, app] = /emulator\) +(\S+)\nExpress app +(\S+)/.exec(output)!
    const served = await fetch(`${app}/words/hello?user_key=unlimited-key`)
    expect([served.status, await served.json()]).toEqual([200, { word: 'hello', plan: 'Unlimited' }])
    expect(output).toContain(`Dashboard                  ${backend}/emulator/\n`)
    expect((await fetch(`${backend}/emulator/`)).status).toBe(200)
    expect((await fetch(`${backend}/emulator/api/usage`)).status).toBe(200)

    // Ctrl-C in a terminal reaches the whole group.
    process.kill(-child.pid!, 'SIGINT')
    await exit
    await expect.poll(() => groupLives(child.pid!), { timeout: 60_000, interval: 20 }).toBe(false)
    await expect(fetch(`${app}/health`)).rejects.toThrow()
  }, 120_000)

  it('says first what it does, and ends with its reader', async () => {
    const child = spawn('npm', ['run', '-s', 'demo'], {
      cwd: copy.folder,
      detached: true,
      stdio: ['ignore', 'pipe', 'ignore'],
      env: { ...process.env, ...copy.env, CI: 'true', PORT: '0', EMULATOR_PORT: '0' },
    })
    onTestFinished(() => {
      if (groupLives(child.pid!)) process.kill(-child.pid!, 'SIGKILL')
    })
    const exit = once(child, 'exit')
    const [first] = await once(child.stdout, 'data')
    child.stdout.destroy()
    expect(String(first)).toMatch(/^Installing packages/)
    await exit
    await expect.poll(() => groupLives(child.pid!), { timeout: 60_000, interval: 20 }).toBe(false)
  }, 120_000)

  it('shows an outage if its backend ends, and then ends with SIGTERM as usual', async () => {
    const { child, output, exit } = await demo()
    const [, backend, app] = /emulator\) +(\S+)\nExpress app +(\S+)/.exec(output)!
    process.kill(Number(/^ {2}kill (\d+)$/m.exec(output)![1]), 'SIGKILL')
    await expect.poll(() => fetch(backend!).then(Boolean, () => false), { timeout: 5000, interval: 20 }).toBe(false)
    const denied = await fetch(`${app}/words/hello?user_key=unlimited-key`)
    expect([denied.status, await denied.json()]).toMatchObject([503, { code: 'backend_unavailable' }])
    expect((await fetch(`${app}/words/hello`)).status).toBe(401)
    // The SIGTERM of a process manager reaches only npm.
    process.kill(child.pid!, 'SIGTERM')
    await exit
    await expect.poll(() => groupLives(child.pid!), { timeout: 60_000, interval: 20 }).toBe(false)
  }, 120_000)

  it('shows tokens that are accepted, expired and refused, and prints none', async () => {
    const { child, output, exit } = await demo('--oidc')
    const served = '{"word":"hello","plan":"Basic"}'
    const happened = requestsIn(output)
    expect(happened.slice(0, 5)).toEqual([
      ['200', 'accepted', served],
      ['401', 'no token', 'credentials_missing'],
      ['401', 'expired, issued an hour ago', 'token_invalid'],
      ['401', 'issued for another API', 'token_invalid'],
      ['403', 'suspended application', 'application_not_active'],
    ])
    expect(happened.at(-1)).toEqual(['200', 'signed by a new key', served])
    expect(output).not.toContain('eyJ')
    const lines = /^ {2}(TOKEN=[\s\S]*?access_token'\))\n {2}curl -i (.*)$/m.exec(output)!
    const { stdout } = await promisify(execFile)('sh', ['-c', `${lines[1]}; curl -s ${lines[2]}`])
    expect(stdout).toBe(served)
    process.kill(-child.pid!, 'SIGINT')
    await exit
    await expect.poll(() => groupLives(child.pid!), { timeout: 60_000, interval: 20 }).toBe(false)
  }, 120_000)
})

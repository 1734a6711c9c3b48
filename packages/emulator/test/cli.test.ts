import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { sendRaw } from '../../../test/conformance/raw-request.ts'
import { createEmulator, type EmulatorState } from '../src/index.ts'
import { authrep, dictionary } from './dictionary.ts'

const cli = fileURLToPath(new URL('../dist/cli.js', import.meta.url))

let folder: string
let running: ChildProcess | undefined

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'emulator-'))
})
afterEach(async () => {
  if (running?.exitCode === null && running.signalCode === null) {
    running.kill('SIGKILL')
    await once(running, 'exit')
  }
  rmSync(folder, { recursive: true })
})

/** Starts the command line; `line` gives what it prints, one line at a time. */
function start(...options: string[]) {
  const child = spawn(process.execPath, [cli, ...options], { stdio: ['ignore', 'pipe', 'pipe'] })
  running = child
  const output = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].on('data', (chunk) => {
      output[name] += chunk
    })
  }
  const until = async (name: 'stdout' | 'stderr', pattern: RegExp): Promise<string> => {
    while (!pattern.test(output[name])) await once(child[name], 'data')
    return output[name]
  }
  const url = async () => (await until('stdout', /\n/)).split('\n', 1)[0]!
  const exit = async () => (child.exitCode ?? (await once(child, 'exit'))[0]) as number | null
  return { child, output, until, url, exit }
}

function writeState(state: EmulatorState | string): string {
  const path = join(folder, 'state.json')
  writeFileSync(`${path}.new`, typeof state === 'string' ? state : JSON.stringify(state))
  renameSync(`${path}.new`, path)
  return path
}

const usageOf = async (url: string) => {
  const answer = await fetch(`${url}/emulator/api/usage`)
  return ((await answer.json()) as Record<string, Record<string, Record<string, { day: number }>>>)['1001']
}

describe('threescale-emulator', () => {
  test('prints its address first, serves the demo provider, and SIGTERM ends it cleanly', async () => {
    const { child, url, exit, output } = start('--port', '0')
    const address = await url()
    expect(address).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
    const query = 'service_id=2555417&service_token=demo-token&user_key=suspended-key'
    expect((await fetch(`${address}/transactions/authorize.xml?${query}`)).status).toBe(409)
    child.kill('SIGTERM')
    expect(await exit()).toBe(0)
    expect(output.stderr).toBe('')
  })

  test('ends although a connection is open', async () => {
    const { child, url, exit } = start('--port', '0')
    const events = await fetch(`${await url()}/emulator/api/events`)
    child.kill('SIGINT')
    expect(await exit()).toBe(0)
    await expect(events.text()).rejects.toThrow()
  })

  test('takes state, clock and report delay', async () => {
    const path = writeState(dictionary())
    const { url } = start('--port', '0', '--state', path, '--clock', '2026-01-15T12:00:00Z', '--report-delay', '1000')
    const address = await url()
    expect((await fetch(address + authrep('usage[hits]=1'))).status).toBe(200)
    expect((await usageOf(address))?.app?.hits?.day).toBe(0)
    await fetch(`${address}/emulator/api/clock`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: '{"now":"2026-01-15T12:00:01Z"}',
    })
    expect((await usageOf(address))?.app?.hits?.day).toBe(1)
  })

  test('follows edits of the state file, keeps counters, and says so when an edit is broken', async () => {
    const path = writeState(dictionary())
    const { url, until } = start('--port', '0', '--state', path)
    const address = await url()
    await fetch(address + authrep('usage[hits]=2'))
    const next = dictionary()
    next.services[0]!.applications!.push({ id: 'third', user_keys: ['third-key'] })
    writeState(next)
    await until('stdout', /state loaded/)
    expect((await fetch(address + authrep('usage[hits]=1', 'third-key'))).status).toBe(200)
    expect((await usageOf(address))?.app?.hits?.day).toBe(2)
    writeState('{"services": [{"id": 5}]}')
    expect(await until('stderr', /\n/)).toContain('the state stays as it was')
    expect(await until('stderr', /\n/)).toContain('services[0].id must be a non-empty string, not 5')
    expect((await fetch(address + authrep('usage[hits]=1', 'third-key'))).status).toBe(200)
  })

  test('follows a state file through a link that is swapped', async () => {
    const [before, after] = [dictionary(), dictionary()]
    after.services[0]!.applications!.push({ id: 'third', user_keys: ['third-key'] })
    for (const [name, state] of Object.entries({ before, after })) {
      mkdirSync(join(folder, name))
      writeFileSync(join(folder, name, 'state.json'), JSON.stringify(state))
    }
    symlinkSync('before', join(folder, '..data'))
    symlinkSync('..data/state.json', join(folder, 'state.json'))
    const { url, until } = start('--port', '0', '--state', join(folder, 'state.json'))
    const address = await url()
    symlinkSync('after', join(folder, '..data_tmp'))
    renameSync(join(folder, '..data_tmp'), join(folder, '..data'))
    await until('stdout', /state loaded/)
    expect((await fetch(address + authrep('usage[hits]=1', 'third-key'))).status).toBe(200)
  })

  test('allows names, takes its time, and serves one connection per worker', async () => {
    const options = ['--allow-host', 'emulator', '--allow-host', 'other', '--latency', '1', '--workers', '1']
    const { url } = start('--port', '0', '--state', writeState(dictionary()), ...options)
    const address = await url()
    const port = Number(new URL(address).port)
    const hosts = ['emulator:3000', 'other', 'evil.example']
    const ask = (host: string) => sendRaw(port, 'GET', '/emulator/api/usage', { Host: host }, undefined)
    expect((await Promise.all(hosts.map(ask))).map(({ status }) => status)).toEqual([200, 200, 403])
    const first = connect(port, '127.0.0.1')
    first.write(`GET ${authrep('usage[hits]=1')} HTTP/1.1\r\nHost: x\r\n\r\n`)
    await once(first, 'data')
    const second = fetch(address + authrep('usage[hits]=10'))
    await ask('emulator')
    expect((await usageOf(address))?.app?.hits?.day).toBe(1)
    first.end()
    expect((await second).status).toBe(200)
    expect((await usageOf(address))?.app?.hits?.day).toBe(11)
  })

  test('serves a portal that follows the state file', async () => {
    const portal = '/admin/api/account/proxy_configs/production.json?version=latest&provider_key=pkey'
    const state = dictionary()
    const { url, until } = start('--port', '0', '--portal', '--state', writeState(state))
    const address = await url()
    const versions = async () => {
      const { proxy_configs } = (await (await fetch(address + portal)).json()) as {
        proxy_configs: { proxy_config: { version: number } }[]
      }
      return proxy_configs.map(({ proxy_config }) => proxy_config.version)
    }
    expect(await versions()).toEqual([])
    state.services[0]!.proxy = { hosts: ['words.example.com'] }
    writeState(state)
    await until('stdout', /state loaded/)
    expect(await versions()).toEqual([1])
  })

  test('issues tokens, and prints neither them nor secrets', async () => {
    const { url, output, child, exit } = start('--port', '0', '--identity-provider')
    const address = await url()
    const ask = async (client_secret: string) => {
      const body = new URLSearchParams({ grant_type: 'client_credentials', client_id: 'good-client', client_secret })
      return (await fetch(`${address}/realms/emulator/protocol/openid-connect/token`, { method: 'POST', body })).status
    }
    expect([await ask('good-client-secret'), await ask('wrong-secret')]).toEqual([200, 401])
    child.kill('SIGTERM')
    expect(await exit()).toBe(0)
    expect(output).toEqual({ stdout: `${address}\n`, stderr: '' })
  })

  test('warns when other machines can reach it', async () => {
    const { until } = start('--port', '0', '--host', '0.0.0.0')
    expect(await until('stderr', /\n/)).toContain('warning: 0.0.0.0')
  })

  test('prints the JSON Schema, and how it is used', async () => {
    const schema = start('--print-schema')
    expect(await schema.exit()).toBe(0)
    expect(JSON.parse(schema.output.stdout)).toHaveProperty('$defs.service')
    const help = start('--help')
    expect(await help.exit()).toBe(0)
    for (const option of [
      'port',
      'host',
      'state',
      'clock',
      'report-delay',
      'latency',
      'workers',
      'allow-host',
      'portal',
      'identity-provider',
      'print-schema',
    ]) {
      expect(help.output.stdout).toContain(`--${option}`)
    }
  })

  test('says which port is taken', async () => {
    await using emulator = createEmulator()
    const { port } = new URL(await emulator.listen())
    const { exit, output } = start('--port', port)
    expect(await exit()).toBe(1)
    expect(output.stderr).toBe(`port ${port} is taken; choose another by --port, or 0 for a free one\n`)
  })

  test.skipIf(!existsSync('/usr/bin/script'))('on a terminal it names what there is to see', async () => {
    const command = `'${process.execPath}' '${cli}' --port 0 --portal --identity-provider`
    const child = spawn('/usr/bin/script', ['-qec', command, '/dev/null'], { stdio: ['ignore', 'pipe', 'ignore'] })
    running = child
    let said = ''
    for await (const chunk of child.stdout) {
      said += chunk
      if (said.includes('issuer')) break
    }
    const [url] = said.split('\r\n')
    expect(said).toBe(
      `${url}\r\ndashboard: ${url}/emulator/\r\nportal:    ${url}\r\nissuer:    ${url}/realms/emulator\r\n`,
    )
  })

  test.each([
    [['--port', 'x'], '--port must be a whole number'],
    [['--clock', 'soon'], 'not an instant: "soon"'],
    [['--latency', '-1'], '--latency'],
    [['--workers', '0'], 'workers must be a whole number of at least 1'],
    [['--allow-host', 'emulator:3000'], 'a name without a port'],
    [['--nope'], "Unknown option '--nope'"],
    [['--state', '/no/such/file'], 'ENOENT'],
  ])('%j ends with a message', async (options, message) => {
    const { exit, output } = start('--port', '0', ...options)
    expect(await exit()).toBe(1)
    expect(output.stderr).toContain(message)
    expect(output.stderr).not.toContain('    at ')
  })
})

#!/usr/bin/env node
/** The command line: starts the emulator and prints its address on the first line. */
import { parseArgs } from 'node:util'
import { createEmulator } from './create-emulator.ts'
import type { Emulator, EmulatorOptions } from './emulator.ts'
import { noteNpmParent } from './npm-parent.ts'
import { readStateFile, type StateFile } from './provider/state-file.ts'
import { stateSchema } from './provider/state-schema.ts'

const usage = `threescale-emulator [options]: a local 3scale backend

  --port N           port to listen on, 0 picks a free one (default 3000)
  --host ADDRESS     address to listen on (default 127.0.0.1)
  --state FILE       the provider to serve, as JSON; reloaded when it changes (default: a small demo provider)
  --clock INSTANT    stop the clock at an instant, for example 2026-01-15T10:20:30Z
  --report-delay MS  count reports and authreps after this delay, as the real backend does (default 0)
  --latency MS       take this long for each Service Management call (default 0)
  --workers N        serve one connection at a time per worker, as puma does; others wait (default: no limit)
  --allow-host NAME  let the control API be called under this name, for example in docker compose; repeatable
  --portal           serve the proxy configurations of the state, too, as the admin portal does
  --identity-provider
                     issue access tokens to the applications of OAuth services (OpenID Connect)
  --print-schema     print the JSON Schema of the state file and exit
  --help             print this and exit
`

try {
  await main()
} catch (error) {
  fail(error as Error)
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      port: { type: 'string', default: '3000' },
      host: { type: 'string', default: '127.0.0.1' },
      state: { type: 'string' },
      clock: { type: 'string' },
      'report-delay': { type: 'string', default: '0' },
      latency: { type: 'string', default: '0' },
      workers: { type: 'string' },
      'allow-host': { type: 'string', multiple: true, default: [] },
      portal: { type: 'boolean', default: false },
      'identity-provider': { type: 'boolean', default: false },
      'print-schema': { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) print(usage)
  else if (values['print-schema']) print(`${JSON.stringify(stateSchema, null, 2)}\n`)
  else {
    const options: EmulatorOptions = {
      reportDelayMs: numberIn(values['report-delay'], '--report-delay'),
      latencyMs: numberIn(values.latency, '--latency'),
      allowedHosts: values['allow-host'],
      portal: values.portal,
      identityProvider: values['identity-provider'],
    }
    const file = values.state === undefined ? undefined : readStateFile(values.state)
    if (file) options.state = file.state
    if (values.clock !== undefined) options.clock = values.clock
    if (values.workers !== undefined) options.workers = numberIn(values.workers, '--workers')
    await serve(options, { port: numberIn(values.port, '--port'), host: values.host }, file)
  }
}

async function serve(
  options: EmulatorOptions,
  address: { port: number; host: string },
  file: StateFile | undefined,
): Promise<void> {
  const watchParent = noteNpmParent()
  const emulator = createEmulator(options)
  const url = await listen(emulator, address)
  print(`${url}\n`)
  // For people. Programs that start the emulator read its address and expect nothing else.
  if (process.stdout.isTTY) print(places(url, options))
  if (!isLoopback(address.host)) {
    warn(`warning: ${address.host} may be reachable from other machines, and so may the control API`)
  }
  const stopWatching = file?.watch({
    onState(state) {
      emulator.updateState(state)
      print(`state loaded from ${file.path}\n`)
    },
    onProblem: ({ message }) => warn(`the state stays as it was: ${message}`),
  })
  const stop = () => {
    stopWatching?.()
    stopWatchingParent()
    void emulator.close()
  }
  const stopWatchingParent = watchParent(stop)
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, stop)
}

async function listen(emulator: Emulator, address: { port: number; host: string }): Promise<string> {
  try {
    return await emulator.listen(address)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error
    throw new Error(`port ${address.port} is taken; choose another by --port, or 0 for a free one`)
  }
}

function places(url: string, { portal, identityProvider }: EmulatorOptions): string {
  const lines = [`dashboard: ${url}/emulator/`]
  if (portal) lines.push(`portal:    ${url}`)
  if (identityProvider) lines.push(`issuer:    ${url}/realms/emulator`)
  return `${lines.join('\n')}\n`
}

function numberIn(text: string, option: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new Error(`${option} must be a whole number, not ${JSON.stringify(text)}`)
  return Number(text)
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host.startsWith('127.')
}

function print(text: string): void {
  process.stdout.write(text)
}

function warn(text: string): void {
  process.stderr.write(`${text}\n`)
}

function fail({ message }: Error): void {
  warn(message)
  process.exitCode = 1
}

#!/usr/bin/env node
/** The command line: starts the emulator and prints its address on the first line. */
import { parseArgs } from 'node:util'
import { createEmulator } from './create-emulator.ts'
import type { EmulatorOptions } from './emulator.ts'
import { stateSchema } from './provider/state-schema.ts'
import { readStateFile, watchStateFile } from './provider/watch-state-file.ts'

const usage = `threescale-emulator [options]: a local 3scale backend

  --port N           port to listen on, 0 picks a free one (default 3000)
  --host ADDRESS     address to listen on (default 127.0.0.1)
  --state FILE       the provider to serve, as JSON; reloaded when it changes (default: a small demo provider)
  --clock INSTANT    stop the clock at an instant, for example 2026-01-15T10:20:30Z
  --report-delay MS  count reports and authreps after this delay, as the real backend does (default 0)
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
      'print-schema': { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) print(usage)
  else if (values['print-schema']) print(`${JSON.stringify(stateSchema, null, 2)}\n`)
  else {
    const options: EmulatorOptions = { reportDelayMs: numberIn(values['report-delay'], '--report-delay') }
    if (values.state !== undefined) options.state = readStateFile(values.state)
    if (values.clock !== undefined) options.clock = values.clock
    await serve(options, { port: numberIn(values.port, '--port'), host: values.host }, values.state)
  }
}

async function serve(
  options: EmulatorOptions,
  address: { port: number; host: string },
  stateFile: string | undefined,
): Promise<void> {
  const emulator = createEmulator(options)
  print(`${await emulator.listen(address)}\n`)
  if (!isLoopback(address.host)) {
    warn(`warning: ${address.host} may be reachable from other machines, and so may the control API`)
  }
  const stopWatching =
    stateFile === undefined
      ? undefined
      : watchStateFile(stateFile, {
          onState(state) {
            emulator.updateState(state)
            print(`state loaded from ${stateFile}\n`)
          },
          onProblem: ({ message }) => warn(`the state stays as it was: ${message}`),
        })
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => {
      stopWatching?.()
      void emulator.close()
    })
  }
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

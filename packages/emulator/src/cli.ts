#!/usr/bin/env node
/** The command line: starts the emulator and prints its address on the first line. */
import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { createEmulator, type EmulatorOptions } from './emulator.ts'
import { validateState } from './state/validate-state.ts'

const usage = `threescale-emulator [options]

  --port N           port to listen on, 0 picks a free one (default 3000)
  --host ADDRESS     address to listen on (default 127.0.0.1)
  --state FILE       the provider to serve, as JSON (default: a small demo provider)
  --clock INSTANT    stand still at an instant, for example 2026-01-15T10:20:30Z
  --report-delay MS  count reports and authreps this much later, as the real backend does (default 0)
  --help
`

try {
  await main()
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`)
  process.exitCode = 1
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      port: { type: 'string', default: '3000' },
      host: { type: 'string', default: '127.0.0.1' },
      state: { type: 'string' },
      clock: { type: 'string' },
      'report-delay': { type: 'string', default: '0' },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) {
    process.stdout.write(usage)
    return
  }
  const options: EmulatorOptions = { reportDelayMs: numberIn(values['report-delay'], '--report-delay') }
  if (values.state !== undefined) options.state = validateState(JSON.parse(readFileSync(values.state, 'utf8')))
  if (values.clock !== undefined) options.clock = values.clock
  const emulator = createEmulator(options)
  const url = await emulator.listen({ port: numberIn(values.port, '--port'), host: values.host })
  process.stdout.write(`${url}\n`)
  if (!isLoopback(values.host)) {
    process.stderr.write(`warning: ${values.host} is reachable from other machines, and so is the control API\n`)
  }
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void emulator.close())
}

function numberIn(text: string, option: string): number {
  if (!/^\d+$/.test(text)) throw new Error(`${option} must be a whole number, not ${JSON.stringify(text)}`)
  return Number(text)
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host.startsWith('127.')
}

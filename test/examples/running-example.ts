/** Runs an example as a reader would: as its own process, in front of an emulator. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { createEmulator, type Emulator } from '@threescale/emulator'

export interface RunningExample {
  readonly url: string
  readonly emulator: Emulator
  /** Ends it as a process manager does; returns its exit code. */
  stop(): Promise<number | null>
}

/** @param serviceId a service of the emulator's demo provider. */
export async function runExample(
  name: string,
  serviceId: string,
  env: Readonly<Record<string, string>> = {},
): Promise<RunningExample> {
  const emulator = createEmulator()
  const script = fileURLToPath(new URL(`../../examples/${name}/server.js`, import.meta.url))
  const child = spawn(process.execPath, [script], {
    env: {
      ...process.env,
      PORT: '0',
      THREESCALE_BACKEND_URL: await emulator.listen(),
      THREESCALE_SERVICE_ID: serviceId,
      THREESCALE_SERVICE_TOKEN: 'demo-token',
      ...env,
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  return {
    url: await firstLine(child, name),
    emulator,
    async stop() {
      const exited = once(child, 'exit')
      child.kill('SIGTERM')
      const [code] = await exited
      await emulator.close()
      return code
    },
  }
}

async function firstLine(child: ChildProcess, name: string): Promise<string> {
  const lines = createInterface({ input: child.stdout! })
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`the example ${name} ended with ${code} before it listened`)
  })
  const [line] = await Promise.race([once(lines, 'line'), ended])
  return line
}

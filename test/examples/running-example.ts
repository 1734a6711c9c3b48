/** Runs an example as a reader would: as its own process, in front of an emulator. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { createEmulator, type EmulatorState } from '@threescale/emulator'
import { expect, onTestFinished } from 'vitest'

export interface RunningExample {
  readonly url: string
  /** What an application has used of a metric today. */
  used(service: string, application: string, metric: string): number
  /** Ends it as a process manager does: what was used is reported, the last of it when the process ends. */
  stop(): Promise<void>
}

/**
 * Runs until the end of the test, if it is not stopped before.
 *
 * @param serviceId a service of the emulator's demo provider, or of the given state.
 */
export async function startExample(
  name: string,
  serviceId: string,
  env: Readonly<Record<string, string>> = {},
  state?: EmulatorState,
): Promise<RunningExample> {
  const emulator = createEmulator(state === undefined ? {} : { state })
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
  let stopped: Promise<void> | undefined
  const stop = async () => {
    const exited = once(child, 'exit')
    child.kill('SIGTERM')
    expect(await exited).toEqual([0, null])
    await emulator.close()
  }
  const example: RunningExample = {
    url: await firstLine(child, name),
    used: (service, application, metric) => emulator.usage()[service]?.[application]?.[metric]?.day ?? 0,
    stop() {
      stopped ??= stop()
      return stopped
    },
  }
  onTestFinished(example.stop)
  return example
}

async function firstLine(child: ChildProcess, name: string): Promise<string> {
  const lines = createInterface({ input: child.stdout! })
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`the example ${name} ended with ${code} before it listened`)
  })
  const [line] = await Promise.race([once(lines, 'line'), ended])
  return line
}

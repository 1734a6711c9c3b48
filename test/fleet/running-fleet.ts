/** A fleet of real processes on one Redis and one emulator: a cluster of two workers, and two processes beside it. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { createEmulator, type EmulatorState } from '@threescale/emulator'
import { startRedis } from '../../packages/redis/test/support/redis-server.ts'

const SERVER = fileURLToPath(new URL('../../examples/cluster/server.js', import.meta.url))
const SERVICE = '7'

/** A program of the example `cluster`: a primary and its workers. */
export interface RunningServer {
  /** Empty until it listens. */
  readonly url: string
  /** Resolves once all its workers listen. */
  readonly listening: Promise<void>
  signal(signal: NodeJS.Signals): void
  /** Resolves once it and its workers have ended. */
  readonly ended: Promise<unknown>
}

export interface RunningFleet {
  /** The cluster first. */
  readonly servers: RunningServer[]
  /** Starts one more. */
  start(workers: number): Promise<RunningServer>
  /** Ends all servers in order. */
  stopServers(): Promise<void>
  /** What the emulator has counted of `hits` in all. */
  counted(application: string): number
  /** Ends everything. */
  stop(): Promise<void>
}

/** @param limits how much of `hits` each application may use in all; undefined: as much as it likes. */
export async function startFleet(limits: Readonly<Record<string, number | undefined>>): Promise<RunningFleet> {
  const redis = await startRedis()
  const emulator = createEmulator({ state: stateOf(limits) })
  const env = {
    ...process.env,
    REDIS_URL: `redis://127.0.0.1:${redis.port}`,
    THREESCALE_BACKEND_URL: await emulator.listen(),
    THREESCALE_SERVICE_ID: SERVICE,
    THREESCALE_SERVICE_TOKEN: 'demo-token',
    PORT: '0',
  }
  const servers: RunningServer[] = []
  const start = async (workers: number) => {
    const server = startServer({ ...env, WORKERS: String(workers) })
    servers.push(server)
    await server.listening
    return server
  }
  const stopServers = async () => {
    for (const server of servers) server.signal('SIGTERM')
    await Promise.all(servers.map(({ ended }) => ended))
  }
  const stop = async () => {
    await stopServers()
    await emulator.close()
    await redis.stop()
  }
  await Promise.all([2, 1, 1].map(start)).catch(async (error) => {
    await stop()
    throw error
  })
  return {
    servers,
    start,
    stopServers,
    counted: (application) => emulator.usage()[SERVICE]?.[application]?.hits?.eternity ?? 0,
    stop,
  }
}

function startServer(env: NodeJS.ProcessEnv): RunningServer {
  const child = spawn(process.execPath, [SERVER], { env, stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = once(child, 'exit')
  const failed = ended.then((): never => {
    throw new Error('the server ended before it listened')
  })
  failed.catch(() => {})
  const server: { -readonly [Name in keyof RunningServer]: RunningServer[Name] } = {
    url: '',
    listening: Promise.race([once(createInterface({ input: child.stdout! }), 'line'), failed]).then(([line]) => {
      server.url = String(line)
    }),
    signal: (signal) => void child.kill(signal),
    ended,
  }
  return server
}

function stateOf(limits: Readonly<Record<string, number | undefined>>): EmulatorState {
  const names = Object.keys(limits)
  return {
    services: [
      {
        id: SERVICE,
        backend_version: '1',
        service_tokens: ['demo-token'],
        metrics: [{ id: '1', name: 'hits' }],
        plans: names.map((id) => {
          const value = limits[id]
          return { id, name: id, limits: value === undefined ? [] : [{ metric: 'hits', period: 'eternity', value }] }
        }),
        applications: names.map((id) => ({ id, plan: id, user_keys: [`${id}-key`] })),
      },
    ],
  }
}

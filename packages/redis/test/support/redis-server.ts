/** A redis-server of a test's own, on a free port or a socket, in a temporary directory. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Whether this machine has one. */
export const HAS_REDIS: boolean = spawnSync('redis-server', ['--version']).status === 0

/** Behind the title of what needs one: why it is skipped, and what to do. */
export const SKIPPED: string = HAS_REDIS
  ? ''
  : ' (skipped: no redis-server; get it by `apt-get install redis-server` or `brew install redis`)'

export interface RedisServer {
  readonly port: number
  readonly directory: string
  /** Ends it at once, as a crash would. */
  kill(): Promise<void>
  /** Stops it and lets it go on: its connections stay, and what was sent meanwhile is executed late. */
  signal(signal: 'SIGSTOP' | 'SIGCONT'): void
  /** Ends it and removes its directory. */
  stop(): Promise<void>
}

/** Starts a server without persistence. @param given more options, such as `--cluster-enabled yes`. */
export async function startRedis(given: readonly string[] = [], port?: number): Promise<RedisServer> {
  const directory = mkdtempSync(join(tmpdir(), 'threescale-redis-'))
  const chosen = port ?? (await freePort())
  const options = ['--port', String(chosen), '--bind', '127.0.0.1', '--dir', directory, '--save', '', ...given]
  const child = spawn('redis-server', options, { stdio: ['ignore', 'pipe', 'inherit'] })
  await ready(child)
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const end = async (signal: NodeJS.Signals) => {
    child.kill(signal)
    await ended
  }
  return {
    port: chosen,
    directory,
    kill: () => end('SIGKILL'),
    signal: (signal) => void child.kill(signal),
    stop: async () => {
      await end('SIGKILL')
      rmSync(directory, { recursive: true, force: true })
    },
  }
}

function ready(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let said = ''
    child.stdout!.on('data', (chunk) => {
      said += chunk
      if (said.includes('Ready to accept connections')) resolve()
    })
    child.once('error', reject)
    child.once('exit', () => reject(new Error(`redis-server ended: ${said}`)))
  })
}

/** A port that is free, and below those of a cluster's bus, which is 10,000 higher. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = await listenOnce()
    if (port < 55_000) return port
  }
}

function listenOnce(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number }
      server.close(() => resolve(port))
    })
  })
}

// @ts-check
/** A redis-server of a benchmark's own, without persistence, and the CPU time that it has used. */
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'

/**
 * @typedef {object} RedisServer
 * @property {number} port
 * @property {() => Promise<number>} cpuMicros CPU time so far, sockets included, in microseconds
 * @property {() => Promise<void>} stop
 */

/** @returns {Promise<RedisServer>} */
export async function startRedis() {
  const directory = mkdtempSync(join(tmpdir(), 'threescale-bench-'))
  const port = await freePort()
  const options = ['--port', String(port), '--bind', '127.0.0.1', '--dir', directory, '--save', '']
  const child = spawn('redis-server', options, { stdio: 'ignore' })
  const failed = new Promise((_, reject) => {
    child.once('error', () =>
      reject(new Error('no redis-server; get it by `apt-get install redis-server` or `brew install redis`')),
    )
  })
  try {
    await Promise.race([new Promise((resolve) => child.once('spawn', resolve)), failed])
  } catch (error) {
    rmSync(directory, { recursive: true, force: true })
    throw error
  }
  // Commands wait until the server listens.
  const client = new Redis(port, '127.0.0.1', { maxRetriesPerRequest: null, retryStrategy: () => 20 })
  client.on('error', () => {})
  await client.ping()
  return {
    port,
    async cpuMicros() {
      const info = await client.info('cpu')
      const seconds = (/** @type {string} */ name) => Number(new RegExp(`${name}:([\\d.]+)`).exec(info)?.[1])
      return (seconds('used_cpu_user') + seconds('used_cpu_sys')) * 1e6
    },
    async stop() {
      client.disconnect()
      const ended = new Promise((resolve) => child.once('exit', resolve))
      child.kill('SIGKILL')
      await ended
      rmSync(directory, { recursive: true, force: true })
    },
  }
}

/** @returns {Promise<number>} */
function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const { port } = /** @type {import('node:net').AddressInfo} */ (server.address())
      server.close(() => resolve(port))
    })
  })
}

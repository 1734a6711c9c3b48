/** A redis-server of a test's own, with a client. */
import { Redis } from 'ioredis'
import { startRedis } from './redis-server.ts'

export interface ConnectedRedis {
  /** Sends one command, as `send` of `redisStore`. */
  send(command: readonly string[]): Promise<unknown>
  stop(): Promise<void>
}

export async function connectRedis(): Promise<ConnectedRedis> {
  const server = await startRedis()
  const client = new Redis(server.port, '127.0.0.1', { lazyConnect: true })
  await client.connect()
  return {
    send: ([name, ...args]) => client.call(name!, ...args),
    async stop() {
      client.disconnect()
      await server.stop()
    },
  }
}

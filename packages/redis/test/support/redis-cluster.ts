/** A Redis Cluster of three masters, on this machine. */
import { Redis } from 'ioredis'
import { type RedisServer, startRedis } from './redis-server.ts'

export interface RedisCluster {
  /** Of one of its masters. */
  readonly port: number
  stop(): Promise<void>
}

const SLOTS = 16_384

export async function startCluster(): Promise<RedisCluster> {
  const options = ['--cluster-enabled', 'yes', '--cluster-node-timeout', '2000']
  const servers: RedisServer[] = []
  // One after the other, so that no two choose the same port.
  for (let i = 0; i < 3; i++) servers.push(await startRedis(options))
  const clients = servers.map(({ port }) => new Redis({ port }))
  for (const [i, client] of clients.entries()) {
    const [first, last] = [i, i + 1].map((part) => Math.ceil((part * SLOTS) / 3)) as [number, number]
    await client.call('CLUSTER', 'ADDSLOTSRANGE', String(first), String(last - 1))
    await client.call('CLUSTER', 'SET-CONFIG-EPOCH', String(i + 1))
  }
  for (const { port } of servers.slice(1)) await clients[0]!.call('CLUSTER', 'MEET', '127.0.0.1', String(port))
  for (const client of clients) while (!(await isComplete(client))) await aMoment()
  for (const client of clients) client.disconnect()
  return {
    port: servers[0]!.port,
    stop: async () => {
      for (const server of servers) await server.stop()
    },
  }
}

async function isComplete(client: Redis): Promise<boolean> {
  const info = String(await client.call('CLUSTER', 'INFO'))
  return info.includes('cluster_state:ok') && info.includes('cluster_known_nodes:3')
}

function aMoment(): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, 20)
  })
}

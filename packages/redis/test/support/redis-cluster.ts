/** A Redis Cluster of three masters, on this machine. */
import { Redis } from 'ioredis'
import { type RedisServer, startRedis } from './redis-server.ts'

export interface RedisCluster {
  /** Of one of its masters. */
  readonly port: number
  /**
   * Moves a key's slot to another master, as `redis-cli --cluster reshard` does.
   *
   * @param meanwhile called after half of its keys have moved.
   */
  move(key: string, meanwhile: () => Promise<void>): Promise<void>
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
  return {
    port: servers[0]!.port,
    async move(key, meanwhile) {
      const slot = Number(await clients[0]!.call('CLUSTER', 'KEYSLOT', key))
      const from = clients[Math.floor((slot * 3) / SLOTS)]!
      const at = (clients.indexOf(from) + 1) % 3
      const to = clients[at]!
      const set = async (client: Redis, ...state: string[]) => client.call('CLUSTER', 'SETSLOT', String(slot), ...state)
      const [source, target] = await Promise.all(
        [from, to].map(async (one) => String(await one.call('CLUSTER', 'MYID'))),
      )
      await set(to, 'IMPORTING', source!)
      await set(from, 'MIGRATING', target!)
      const keys = (await from.call('CLUSTER', 'GETKEYSINSLOT', String(slot), '1000')) as string[]
      for (const [i, moved] of keys.entries()) {
        if (i === Math.floor(keys.length / 2)) await meanwhile()
        await from.call('MIGRATE', '127.0.0.1', String(servers[at]!.port), moved, '0', '5000')
      }
      for (const client of [to, from, ...clients]) await set(client, 'NODE', target!)
    },
    stop: async () => {
      for (const client of clients) client.disconnect()
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

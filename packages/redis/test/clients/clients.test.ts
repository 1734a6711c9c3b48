import { Redis as IoRedis, Cluster as IoRedisCluster } from 'ioredis'
import { Redis as IoValkey, Cluster as IoValkeyCluster } from 'iovalkey'
import { createClient, createCluster } from 'redis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { SendCommand } from '../../src/wire/send-command.ts'
import { type RedisCluster, startCluster } from '../support/redis-cluster.ts'
import { HAS_REDIS, type RedisServer, SKIPPED, startRedis } from '../support/redis-server.ts'
import { openProcess } from '../support/store-process.ts'

interface Connection {
  readonly send: SendCommand
  close(): unknown
}

const LIMIT = 25

/** How each client is connected to one server, as the README shows. */
const SINGLE: Readonly<Record<string, (port: number) => Promise<Connection>>> = {
  async ioredis(port) {
    const redis = new IoRedis({ port })
    return { send: ([name, ...args]) => redis.call(name!, ...args), close: () => redis.disconnect() }
  },
  async iovalkey(port) {
    const redis = new IoValkey({ port })
    return { send: ([name, ...args]) => redis.call(name!, ...args), close: () => redis.disconnect() }
  },
  async 'node-redis'(port) {
    const client = await createClient({ socket: { port } }).connect()
    return { send: (command) => client.sendCommand(command), close: () => client.destroy() }
  },
}

const CLUSTER: Readonly<Record<string, (port: number) => Promise<Connection>>> = {
  async ioredis(port) {
    const redis = new IoRedisCluster([{ host: '127.0.0.1', port }])
    return { send: ([name, ...args]) => redis.call(name!, ...args), close: () => redis.disconnect() }
  },
  async iovalkey(port) {
    const redis = new IoValkeyCluster([{ host: '127.0.0.1', port }])
    return { send: ([name, ...args]) => redis.call(name!, ...args), close: () => redis.disconnect() }
  },
  async 'node-redis'(port) {
    const cluster = createCluster({ rootNodes: [{ socket: { host: '127.0.0.1', port } }] })
    await cluster.connect()
    return { send: (command, key) => cluster.sendCommand(key, false, command), close: () => cluster.destroy() }
  },
}

describe.skipIf(!HAS_REDIS)(`one server${SKIPPED}`, () => {
  let server: RedisServer
  beforeAll(async () => {
    server = await startRedis()
  })
  afterAll(() => server?.stop())

  it.each(Object.keys(SINGLE))('law 15: through %s several processes use a limit exactly', async (client) => {
    const connections = await Promise.all([1, 2, 3].map(() => SINGLE[client]!(server.port)))
    const processes = connections.map(({ send }) => openProcess(send, { service: client, limit: LIMIT }))
    const asked = await Promise.all(
      processes.flatMap((process) => Array.from({ length: LIMIT }, () => process.ask('app'))),
    )
    expect(asked.filter(({ kind }) => kind === 'yes')).toHaveLength(LIMIT)
    expect(asked.filter(({ kind }) => kind === 'no')).toHaveLength(2 * LIMIT)

    await connections[0]!.send(['SCRIPT', 'FLUSH'], '')
    expect(await processes[0]!.ask('another')).toMatchObject({ kind: 'yes' })
    for (const process of processes) process.end()
    for (const connection of connections) connection.close()
  })
})

describe.skipIf(!HAS_REDIS)(`a Cluster of three masters${SKIPPED}`, () => {
  let cluster: RedisCluster
  beforeAll(async () => {
    cluster = await startCluster()
  }, 30_000)
  afterAll(() => cluster?.stop())

  it.each(Object.keys(CLUSTER))('law 15: through %s limits are exact on every partition', async (client) => {
    const connections = await Promise.all([1, 2].map(() => CLUSTER[client]!(cluster.port)))
    const options = { service: client, limit: LIMIT, partitions: 6 }
    const processes = connections.map(({ send }) => openProcess(send, options))
    for (const application of ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']) {
      const asked = await Promise.all(
        processes.flatMap((process) => Array.from({ length: LIMIT }, () => process.ask(application))),
      )
      expect(asked.filter(({ kind }) => kind === 'yes')).toHaveLength(LIMIT)
    }
    for (const process of processes) process.end()
    for (const connection of connections) connection.close()
  })

  it('law 15: a slot that moves takes its counts along, and requests wait meanwhile', async () => {
    const connections = await Promise.all([1, 2].map(() => CLUSTER.ioredis!(cluster.port)))
    const [one, two] = connections.map(({ send }) => openProcess(send, { service: 'moving', limit: LIMIT }))
    const yes = async (n: number) => {
      const asked = await Promise.all(Array.from({ length: n }, (_, i) => (i % 2 === 0 ? one! : two!).ask('app')))
      return asked.filter(({ kind }) => kind === 'yes').length
    }
    expect(await yes(10)).toBe(10)
    expect(await one!.ask('another')).toMatchObject({ kind: 'yes' })
    let more = 0
    await cluster.move('{3s1:moving:0}:s', async () => {
      more += await yes(LIMIT)
      expect(more).toBe(0)
      expect(one!.store.stats()).toMatchObject({ state: 'failing' })
    })
    while (more < LIMIT - 10) more += await yes(LIMIT)
    expect(more).toBe(LIMIT - 10)
    const rows = (await one!.store.take())?.rows.filter(({ application }) => application === 'app') ?? []
    expect(rows.reduce((sum, { amount }) => sum + amount, 0)).toBe(LIMIT)
    for (const process of [one!, two!]) process.end()
    for (const connection of connections) connection.close()
  })
})

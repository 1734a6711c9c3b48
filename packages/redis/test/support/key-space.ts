/** All keys of a partition, from Redis and from the model in the same form. */
import type { Redis } from 'ioredis'
import type { ModelState } from './model/model-state.ts'

/** By the name of the key after its prefix. Numbers are texts, as Redis keeps them. */
export type KeySpace = Record<string, unknown>

const UNPACK = `return cmsgpack.unpack(redis.call('HGET', KEYS[1], ARGV[1]))`

export async function redisKeySpace(redis: Redis, prefix: string): Promise<KeySpace> {
  const space: KeySpace = {}
  for (const key of await redis.keys('*')) {
    const type = await redis.type(key)
    const name = key.slice(prefix.length + 1)
    if (type === 'hash') {
      const fields: Record<string, unknown> = await redis.hgetall(key)
      for (const packed of ['rep', 'rows']) {
        if (packed in fields && !name.startsWith('a:')) {
          fields[packed] = ((await redis.eval(UNPACK, 1, key, packed)) as unknown[]).map(String)
        }
      }
      space[name] = fields
    } else if (type === 'zset') {
      const members = await redis.zrange(key, '0', '-1', 'WITHSCORES')
      space[name] = Object.fromEntries(members.flatMap((m, i) => (i % 2 === 0 ? [[m, members[i + 1]]] : [])))
    } else space[name] = await redis.get(key)
  }
  return space
}

export function modelKeySpace(state: ModelState): KeySpace {
  const space: KeySpace = {}
  const put = (name: string, entries: Iterable<[string, unknown]>) => {
    const texts = [...entries].filter(([, value]) => value !== undefined)
    if (texts.length > 0) space[name] = Object.fromEntries(texts.map(([key, value]) => [key, textOf(value)]))
  }
  put('s', Object.entries(state.s))
  for (const [name, zset] of Object.entries({ beat: 'beat', ack: 'ack', d: 'waiting', bs: 'open' } as const)) {
    put(name, state[zset])
  }
  for (const [process, { seq, acked, rep }] of state.memories) {
    const applied =
      seq > 0
        ? ([
            ['seq', seq],
            ['rep', rep],
          ] as [string, unknown][])
        : []
    put(`m:${process}`, [['acked', acked], ...applied])
  }
  for (const [id, fields] of state.applications) put(`a:${id}`, fields)
  for (const [id, batch] of state.batches) put(`b:${id}`, Object.entries(batch))
  for (const [v, text] of state.layouts) space[`l:${v}`] = text
  return space
}

function textOf(value: unknown): unknown {
  return Array.isArray(value) ? value.map(String) : String(value)
}

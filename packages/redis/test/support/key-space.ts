/** All keys of a partition, from Redis and from the model in the same form. */
import type { Redis } from 'ioredis'
import type { ModelState } from './model/model-state.ts'

/** By the name of the key after its prefix. Numbers are texts, as Redis keeps them. */
export type KeySpace = Record<string, unknown>

const UNPACK = `return cmsgpack.unpack(redis.call('HGET', KEYS[1], ARGV[1]))`

/** The numbers of a record, as texts. */
const UNPACK_RECORD = `
local record, texts = redis.call('HGET', KEYS[1], ARGV[1]), {}
for at = 1, #record, 8 do texts[#texts + 1] = string.format('%.0f', (struct.unpack('<d', record, at))) end
return texts`

export async function redisKeySpace(redis: Redis, prefix: string): Promise<KeySpace> {
  const space: KeySpace = {}
  for (const key of await redis.keys('*')) {
    const type = await redis.type(key)
    const name = key.slice(prefix.length + 1)
    if (name === 'r' || name === 'n') continue
    if (type === 'hash') {
      const fields: Record<string, unknown> = await redis.hgetall(key)
      for (const packed of ['rep', 'rows']) {
        if (packed in fields && !name.startsWith('a:')) {
          const values = (await redis.eval(UNPACK, 1, key, packed)) as unknown[]
          fields[packed] = packed === 'rows' ? sortedRows(values) : values.map(String)
        }
      }
      space[name] = fields
    } else if (type === 'zset') {
      const members = await redis.zrange(key, '0', '-1', 'WITHSCORES')
      space[name] = Object.fromEntries(members.flatMap((m, i) => (i % 2 === 0 ? [[m, members[i + 1]]] : [])))
    } else space[name] = await redis.get(key)
  }
  await layRecords(redis, prefix, space)
  return space
}

/** What the records say of applications is newer than their hashes. */
async function layRecords(redis: Redis, prefix: string, space: KeySpace): Promise<void> {
  const [records, lists] = [`${prefix}:r`, `${prefix}:n`]
  const applications = await redis.hkeys(records)
  if (applications.sort().join() !== (await redis.hkeys(lists)).sort().join()) throw new Error('a record without names')
  for (const application of applications) {
    const [v, names] = (await redis.eval(UNPACK, 1, lists, application)) as [string, string[]]
    const numbers = (await redis.eval(UNPACK_RECORD, 1, records, application)) as string[]
    if (numbers.length !== names.length + 2) throw new Error('a record that does not fit its names')
    const hash = space[`a:${application}`] as Record<string, unknown>
    if (hash.v !== v || hash.p !== numbers[1]) throw new Error('a record of another layout or proof')
    for (const [i, name] of names.entries()) hash[name] = numbers[2 + i]
  }
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
  for (const [id, batch] of state.batches)
    put(`b:${id}`, Object.entries({ ...batch, rows: batch.rows && sortedRows(batch.rows) }))
  for (const [v, text] of state.layouts) space[`l:${v}`] = text
  return space
}

/** Rows are in the order of a hash. */
function sortedRows(rows: readonly unknown[]): string[] {
  return rows.flatMap((_, i) => (i % 3 === 0 ? [rows.slice(i, i + 3).join(' ')] : [])).sort()
}

function textOf(value: unknown): unknown {
  return Array.isArray(value) ? value.map(String) : String(value)
}

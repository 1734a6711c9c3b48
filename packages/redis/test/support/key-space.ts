/** All keys of a partition, from Redis and from the model in the same form. */
import type { Redis } from 'ioredis'
import type { ModelState } from './model/model-state.ts'

/** By the name of the key after its prefix. Numbers are texts, as Redis keeps them. */
export type KeySpace = Record<string, unknown>

const UNPACK = `return cmsgpack.unpack(redis.call('HGET', KEYS[1], ARGV[1]))`

/** The hash of an application with the numbers of its record, which are newer. */
const UNFOLD = `
local all, app = redis.call('HGETALL', KEYS[1]), ARGV[1]
local record, packed = redis.call('HGET', KEYS[2], app), redis.call('HGET', KEYS[3], app)
if not record ~= not packed then error('a record without a list') end
if not record then return all end
local v, names = unpack(cmsgpack.unpack(packed))
local numbers = { struct.unpack('<' .. string.rep('d', 2 + #names), record) }
local vp = redis.call('HMGET', KEYS[1], 'v', 'p')
if #record ~= 8 * (2 + #names) or vp[1] ~= v or tonumber(vp[2]) ~= numbers[2] then error('a record that does not fit') end
for i, name in ipairs(names) do
  all[#all + 1] = name
  all[#all + 1] = string.format('%.0f', numbers[2 + i])
end
return all`

/**
 * What a server knows of an application, by field.
 *
 * @param send sends a command; the key says to which node.
 */
export async function numbersOf(
  send: (command: [name: string, ...args: string[]], key: string) => Promise<unknown>,
  prefix: string,
  application: string,
): Promise<Record<string, string>> {
  const keys = [`${prefix}:a:${application}`, `${prefix}:r`, `${prefix}:n`] as const
  const fields = (await send(['EVAL', UNFOLD, '3', ...keys, application], keys[0])) as string[]
  return Object.fromEntries(fields.flatMap((name, i) => (i % 2 === 0 ? [[name, fields[i + 1]!]] : [])))
}

export async function redisKeySpace(redis: Redis, prefix: string): Promise<KeySpace> {
  const space: KeySpace = {}
  for (const key of await redis.keys('*')) {
    const type = await redis.type(key)
    const name = key.slice(prefix.length + 1)
    if (name === 'r' || name === 'n') continue
    if (name.startsWith('a:')) {
      space[name] = await numbersOf(([name, ...args]) => redis.call(name, ...args), prefix, name.slice(2))
      continue
    }
    if (type === 'hash') {
      const fields: Record<string, unknown> = await redis.hgetall(key)
      for (const packed of ['rep', 'rows']) {
        if (packed in fields) {
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

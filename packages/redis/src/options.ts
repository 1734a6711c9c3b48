/** The options of a store in Redis, and their check. */
import { ConfigError } from '@threescale/core'
import type { SendCommand } from './wire/send-command.ts'

export interface RedisStoreOptions {
  /**
   * Sends one command by the client that you have. ioredis and iovalkey: `([name, ...args]) => redis.call(name,
   * ...args)`. node-redis: `(command) => client.sendCommand(command)`, with a cluster `(command, key) =>
   * cluster.sendCommand(key, false, command)`.
   */
  readonly send: SendCommand
  /** Stands before the names of all keys, so that gateways for different backends can share a server. Default ''. */
  readonly prefix?: string | undefined
  /**
   * Over how many parts the applications of a service are spread. In a Cluster about twice the number of its masters,
   * as each part is on one of them. The same in all processes. Default 1.
   */
  readonly partitions?: number | undefined
  /** The longest that a decision waits for Redis, in milliseconds; then `onUnavailable` decides. Default 1500. */
  readonly waitMs?: number | undefined
}

/** The defaults of a Redis store's options. */
export const REDIS_STORE_DEFAULTS: Readonly<{ prefix: string; partitions: number; waitMs: number }> = Object.freeze({
  prefix: '',
  partitions: 1,
  waitMs: 1500,
})

const MAX_PARTITIONS = 1024
const MAX_WAIT_MS = 60_000
const NAMES = ['send', 'prefix', 'partitions', 'waitMs']

export interface CheckedOptions {
  readonly send: SendCommand
  readonly prefix: string
  readonly partitions: number
  readonly waitMs: number
}

/** @throws ConfigError with every problem. */
export function checkRedisStore(options: RedisStoreOptions): CheckedOptions {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw new ConfigError(['redisStore needs options such as { send: ([name, ...args]) => redis.call(name, ...args) }'])
  }
  const { send } = options
  const { prefix, partitions, waitMs } = { ...REDIS_STORE_DEFAULTS, ...withoutUndefined(options) }
  const problems = Object.keys(options)
    .filter((name) => !NAMES.includes(name))
    .map((name) => `${name} is no option of redisStore; there are ${NAMES.join(', ')}`)
  if (typeof send !== 'function') {
    problems.push('send must be a function that sends a command, such as (command) => client.sendCommand(command)')
  }
  if (typeof prefix !== 'string' || /[{}]/.test(prefix)) problems.push('prefix must be a text without braces')
  if (!isWhole(partitions, 1, MAX_PARTITIONS)) {
    problems.push(`partitions must be a whole number from 1 to ${MAX_PARTITIONS}`)
  }
  if (!isWhole(waitMs, 1, MAX_WAIT_MS)) problems.push(`waitMs must be a whole number from 1 to ${MAX_WAIT_MS}`)
  if (problems.length > 0) throw new ConfigError(problems)
  return { send, prefix, partitions, waitMs }
}

function isWhole(value: unknown, least: number, most: number): boolean {
  return Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= most
}

function withoutUndefined(options: RedisStoreOptions): Partial<CheckedOptions> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined))
}

/** Creates a store in Redis. */
import type { UsageStore } from '@threescale/core'
import { checkRedisStore, type RedisStoreOptions } from './options.ts'
import { ServiceInRedis } from './service/service-in-redis.ts'

/**
 * Counts usage in Redis or Valkey, for all processes that share it. Does nothing before a gateway's first request, and
 * never closes the client. One store may serve several gateways.
 *
 * @throws ConfigError with every problem of the options.
 */
export function redisStore(options: RedisStoreOptions): UsageStore {
  const checked = checkRedisStore(options)
  const defer = (task: () => void) => void setImmediate(task)
  return Object.freeze({
    open: (host) => new ServiceInRedis({ ...checked, defer }, host),
  } satisfies UsageStore)
}

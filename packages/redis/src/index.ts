/** `@threescale/redis`: one count for all processes of a gateway. */
export type { RedisStoreOptions } from './options.ts'
export { redisStore } from './redis-store.ts'
export type { SendCommand } from './wire/send-command.ts'

/** The part of `koa-ratelimit` that the benchmark uses; the package has no types. */
declare module 'koa-ratelimit' {
  import type { Context, Middleware } from 'koa'

  export default function rateLimit(options: {
    driver: 'memory'
    db: Map<unknown, unknown>
    duration: number
    max: number
    id: (context: Context) => string
    disableHeader: boolean
  }): Middleware
}

/** How Koa sends what the gateway decided. */
import type { Denied } from '@threescale/core'
import { DenialError, endUpload } from '@threescale/core/adapter'
import type { Context, Next } from 'koa'

/**
 * What happens to a denied request. 'answer' sends status, headers and body of the denial.
 * 'throw' throws a `DenialError` as `ctx.throw` would. A function does what it likes. Default 'answer'.
 */
export type OnDeny = 'answer' | 'throw' | ((denied: Denied, ctx: Context, next: Next) => unknown)

export function deny(onDeny: OnDeny, denied: Denied, ctx: Context, next: Next): unknown {
  endUpload(ctx.req, ctx.res)
  // Koa leaves an answer alone that has begun.
  if (onDeny === 'throw' || ctx.headerSent) throw new DenialError(denied)
  if (onDeny !== 'answer') return onDeny(denied, ctx, next)
  ctx.status = denied.status
  ctx.set(denied.headers)
  // As bytes, so that Koa leaves the media type alone.
  ctx.body = Buffer.from(denied.body)
}

/** The `3scale-limit-*` headers. Source: apisonator docs/extensions.md, limit_headers. */
import { headerOf } from './media-type.ts'
import type { TransportResponse } from './transport.ts'
import type { LimitHeaders } from './verdict.ts'

/** Undefined where the answer has none, or none that are whole numbers. */
export function readLimitHeaders(response: TransportResponse): LimitHeaders | undefined {
  const remaining = whole(headerOf(response, '3scale-limit-remaining'))
  const resetSeconds = whole(headerOf(response, '3scale-limit-reset'))
  if (remaining === undefined || resetSeconds === undefined) return undefined
  return { remaining, resetSeconds, max: whole(headerOf(response, '3scale-limit-max-value')) }
}

function whole(value: string | undefined): number | undefined {
  return value !== undefined && /^-?\d{1,20}$/.test(value) ? Number(value) : undefined
}

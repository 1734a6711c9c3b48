/** The `3scale-limit-*` headers. Source: apisonator docs/extensions.md, limit_headers. */

import type { LimitHeaders } from '../../domain/verdict.ts'
import type { TransportResponse } from '../transport/transport.ts'
import { headerOf } from './media-type.ts'

/**
 * Undefined if the answer has none, or if they are not whole numbers.
 *
 * @param remaining used if the answer names only the window, as the denial for a limit may.
 */
export function readLimitHeaders(response: TransportResponse, remaining?: number): LimitHeaders | undefined {
  const left = whole(headerOf(response, '3scale-limit-remaining')) ?? remaining
  const resetSeconds = whole(headerOf(response, '3scale-limit-reset'))
  if (left === undefined || resetSeconds === undefined) return undefined
  return { remaining: left, resetSeconds, max: whole(headerOf(response, '3scale-limit-max-value')) }
}

function whole(value: string | undefined): number | undefined {
  return value !== undefined && /^-?\d{1,20}$/.test(value) ? Number(value) : undefined
}

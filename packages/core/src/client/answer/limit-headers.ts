/** The `3scale-limit-*` headers. Source: apisonator docs/extensions.md, limit_headers. */

import type { LimitHeaders } from '../../domain/verdict.ts'
import type { TransportResponse } from '../transport/transport.ts'
import { headerOf } from './media-type.ts'

/**
 * Undefined where the answer has none, or none that are whole numbers.
 *
 * @param remaining for answers that name only the window, as denials for a limit may.
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

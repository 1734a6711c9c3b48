/** A Bearer token in the Authorization field (RFC 6750), its scheme in any case. */

import { BAD_BEARER, TOO_LONG } from '../unreadable.ts'
import type { Location } from './location.ts'
import { longerThan } from './location.ts'

/** Another scheme holds nothing. A scheme without a token is one that cannot be read. */
export function createBearerLocation(maxBytes: number): Location {
  return {
    location: 'authorization',
    read(view) {
      const value = view.header('authorization')
      if (value === undefined || !SCHEME.test(value)) return undefined
      const token = value.slice(7).trimStart()
      if (longerThan(token, maxBytes)) return TOO_LONG
      return token === '' ? BAD_BEARER : { userKey: token }
    },
    strip(view) {
      if (SCHEME.test(view.header('authorization') ?? '')) view.removeHeader?.('authorization')
    },
  }
}

const SCHEME = /^bearer(?: |$)/i

/** Credentials in the Authorization field: Basic (RFC 7617) or Bearer (RFC 6750), schemes in any case. */
import type { RequestView } from '../../request/request-view.ts'
import type { CredentialsSettings } from '../credentials-settings.ts'
import { decodeBytes } from '../decode-text.ts'
import { BAD_BASIC, BAD_BEARER } from '../unreadable.ts'
import { credentialsOf, type Found, type Location } from './location.ts'

/**
 * Basic: the user name is the user key or application id, the password (after the first colon) is the application key.
 * Bearer: the token is the user key or application id. Another scheme, or a scheme alone, holds nothing for 3scale.
 */
export function createAuthorizationLocation(settings: CredentialsSettings): Location {
  const read = (view: RequestView): Found => {
    const value = view.header('authorization')
    const match = value === undefined ? null : /^([A-Za-z]+) +([^ ].*)$/.exec(value)
    if (match === null) return undefined
    const scheme = match[1]!.toLowerCase()
    if (scheme !== 'basic' && scheme !== 'bearer') return undefined
    const found = scheme === 'basic' ? readBasic(settings, match[2]!) : readBearer(settings, match[2]!)
    return settings.asApicast === true && (found === BAD_BASIC || found === BAD_BEARER) ? undefined : found
  }
  return {
    location: 'authorization',
    read,
    /** Other schemes are none of 3scale's, and stay. */
    strip(view) {
      if (read(view) !== undefined) view.removeHeader?.('authorization')
    },
  }
}

function readBasic(settings: CredentialsSettings, token: string): Found {
  // Buffer.from skips what is not base64 instead of refusing it.
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(token)) return BAD_BASIC
  const pair = decodeBytes(Buffer.from(token, 'base64').toString('latin1'))
  if (typeof pair === 'object') return pair
  const colon = pair.indexOf(':')
  if (colon === -1) return BAD_BASIC
  const key = settings.kind === 'userKey' ? undefined : pair.slice(colon + 1)
  return credentialsOf(settings, pair.slice(0, colon), key)
}

function readBearer(settings: CredentialsSettings, token: string): Found {
  if (/\s/.test(token)) return BAD_BEARER
  return credentialsOf(settings, decodeBytes(token), undefined)
}

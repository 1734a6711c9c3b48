/** Finds the application of a token: the claim that holds its client id. */
import type { Claims } from './token-settings.ts'

/**
 * The claim of exactly this name at the top level; a dot belongs to the name. Of a list the first element counts
 * (APIcast oauth/oidc.lua).
 */
export function clientIdByClaim(name: string): (claims: Claims) => unknown {
  return (claims) => {
    const value = Object.hasOwn(claims, name) ? claims[name] : undefined
    return Array.isArray(value) ? value[0] : value
  }
}

/** Only a text or a whole number names an application; undefined for anything else, and for an empty text. */
export function clientIdText(value: unknown): string | undefined {
  if (Number.isSafeInteger(value)) return String(value)
  return typeof value === 'string' && value !== '' ? value : undefined
}

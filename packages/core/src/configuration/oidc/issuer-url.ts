/** Checks the address of an identity provider: where its documents may be fetched from. */
import { isLoopback } from '../../validation/backend-url.ts'

/** An address, or why it cannot be used. The reason quotes nothing, because an address may contain a password. */
export type CheckedUrl = { readonly url: string } | { readonly problem: string }

/**
 * Accepts https, http to this machine, and with `allowHttp` any http. User name and password are dropped: they are those
 * of another program (zync), and the documents are public.
 */
export function checkIssuerUrl(value: string, allowHttp: boolean): CheckedUrl {
  const url = URL.canParse(value) ? new URL(value) : undefined
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    return { problem: 'must be an https URL such as https://sso.example.com/realms/acme' }
  }
  if (url.protocol === 'http:' && !allowHttp && !isLoopback(url.hostname)) {
    return { problem: 'is plain http to another machine, where others on the way could replace the keys; use https' }
  }
  url.username = ''
  url.password = ''
  return { url: url.href }
}

/** Accepts the address of an issuer, to which the path of the discovery document is joined; without slash at the end. */
export function checkIssuerEndpoint(value: string, allowHttp: boolean): CheckedUrl {
  const checked = checkIssuerUrl(value, allowHttp)
  if ('problem' in checked) return checked
  if (/[?#]/.test(checked.url)) return { problem: 'must not contain a query or a fragment' }
  return { url: checked.url.replace(/\/+$/, '') }
}

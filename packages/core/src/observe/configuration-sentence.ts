/** Says what a load of the configuration brought, and what the operator can do. */
import type { ConfigurationMessage, ServiceChange } from './messages.ts'

/** Services that a sentence names; an account may have thousands. */
const NAMED = 20

/** @param ready whether there is a configuration. */
export function configurationSentence(
  { event, source, from, services, code }: ConfigurationMessage,
  ready: boolean,
): string {
  const where = source === 'portal' ? `the portal ${from}` : `the file ${from}`
  if (event === 'failed') {
    const effect = ready ? 'the one from before stays in use' : 'every request is answered 503 until it can'
    return `the configuration of ${where} cannot be loaded (${code}${loadHint(code)}): ${effect}`
  }
  if (event !== 'changed') return `the configuration of ${where} can be loaded again`
  const named = services.slice(0, NAMED).map(changeSentence)
  const more = services.length > NAMED ? [`${services.length - NAMED} more`] : []
  const what = named.length === 0 ? 'no service changed' : [...named, ...more].join('; ')
  return `the configuration of ${where} is in use: ${what}`
}

/** What to look at after a load failed with the code, to be put behind it; empty if the code says it all. */
export function loadHint(code: string | undefined): string {
  switch (code) {
    case 'status_401':
    case 'status_403':
      return '; is the access token revoked or expired, or without the scope Account Management API?'
    case 'no_services':
      return '; is a version promoted, and may the token see the services of portal.serviceIds?'
    case 'ECONNREFUSED':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return '; check portal.endpoint, and that it can be reached from here'
    case 'redirect':
    case 'status_404':
    case 'no_list':
      return '; is portal.endpoint the address of an admin portal?'
    default:
      return ''
  }
}

function changeSentence({ id = 'without id', event, from, to }: ServiceChange): string {
  const version = (number: number | undefined) => (number === undefined ? '' : ` version ${number}`)
  switch (event) {
    case 'added':
      return `service ${id} added${version(to)}`
    case 'removed':
      return `service ${id} removed`
    case 'changed':
      return from === undefined || to === undefined ? `service ${id} changed` : `service ${id} version ${from} -> ${to}`
    case 'kept':
      return `service ${id} stays at${version(from) || ' what it was'}`
    case 'unusable':
      return `service ${id}${version(to)} cannot be used`
  }
}

/** Reads the policy token_introspection. */
import type { IntrospectionSettings } from '../../../policies/token-introspection.ts'
import { checkIssuerUrl } from '../../oidc/issuer-url.ts'
import type { DocumentPart } from '../document.ts'
import type { PolicyContext } from './policy-context.ts'

/** The most that the portal accepts. */
const MAX_TOKENS = 10_000

export function readTokenIntrospection(
  configuration: DocumentPart,
  { proxy, allowHttpIssuer }: PolicyContext,
): IntrospectionSettings | undefined {
  const maxTokens = readNumber(configuration, 'max_cached_tokens') ?? 0
  const maxAgeS = readNumber(configuration, 'max_ttl_tokens')
  const cache = {
    maxTokens: Math.min(maxTokens, MAX_TOKENS),
    maxAgeMs: maxAgeS === undefined ? undefined : maxAgeS * 1000,
  }
  const type = configuration.text('auth_type') ?? 'client_id+client_secret'
  if (type === 'use_3scale_oidc_issuer_endpoint') {
    const client = clientOfIssuer(proxy)
    if (client !== undefined)
      return { kind: 'token_introspection', endpoint: undefined, authorization: client, ...cache }
    configuration.problem(
      'auth_type',
      'needs the client and its secret in oidc_issuer_endpoint, https://CLIENT:SECRET@…',
    )
    return undefined
  }
  if (type !== 'client_id+client_secret') {
    configuration.problem('auth_type', "must be 'client_id+client_secret' or 'use_3scale_oidc_issuer_endpoint'")
    return undefined
  }
  const authorization = basic(configuration.requiredText('client_id'), configuration.requiredText('client_secret'))
  const endpoint = checkIssuerUrl(configuration.requiredText('introspection_url'), allowHttpIssuer)
  if ('url' in endpoint) return { kind: 'token_introspection', endpoint: endpoint.url, authorization, ...cache }
  configuration.problem('introspection_url', endpoint.problem)
  return undefined
}

function clientOfIssuer(proxy: DocumentPart): string | undefined {
  const issuer = proxy.text('oidc_issuer_endpoint') ?? ''
  if (proxy.text('authentication_method') !== 'oidc' || !URL.canParse(issuer)) return undefined
  const { username, password } = new URL(issuer)
  try {
    return username === '' ? undefined : basic(decodeURIComponent(username), decodeURIComponent(password))
  } catch {
    return undefined
  }
}

/** Not escaped as RFC 6749, 2.3.1 says, because providers that work with APIcast are sent the bare values. */
function basic(clientId: string, secret: string): string {
  return `Basic ${Buffer.from(`${clientId}:${secret}`).toString('base64')}`
}

/** Seconds or a count, also written as a text. */
function readNumber(configuration: DocumentPart, name: string): number | undefined {
  const text = configuration.textOrInteger(name)
  if (text === undefined || text === '' || /^\d{1,9}$/.test(text)) return text ? Number(text) : undefined
  configuration.problem(name, 'must be a whole number, 0 or more')
  return undefined
}

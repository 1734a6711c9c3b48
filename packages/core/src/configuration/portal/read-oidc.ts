/** Reads from a proxy configuration how an OpenID Connect service identifies callers. */
import type { CredentialLocation } from '../../credentials/credentials-settings.ts'
import { parseClaimTemplate } from '../../credentials/oidc/claim-template.ts'
import { clientIdByClaim } from '../../credentials/oidc/client-id.ts'
import type { Claims } from '../../credentials/oidc/token-settings.ts'
import { readFixedKeys } from '../oidc/fixed-keys.ts'
import { checkIssuerEndpoint } from '../oidc/issuer-url.ts'
import type { DocumentPart } from './document.ts'
import type { PortalOidc } from './portal-service.ts'

interface Context {
  readonly allowHttpIssuer: boolean
  warn(sentence: string): void
}

/** APIcast's locations in our terms. It looks in Authorization, too, unless the service names that alone. */
const LOCATIONS: Readonly<Record<string, readonly CredentialLocation[]>> = {
  query: ['query', 'form', 'authorization'],
  headers: ['headers', 'authorization'],
  authorization: ['authorization'],
}

/** @param entry of the list `oidc` of APIcast's configuration file; its keys win over the address of the issuer. */
export function readOidc(proxy: DocumentPart, entry: unknown, context: Context): PortalOidc | undefined {
  const fixed = readFixedKeys(entry)
  const keys = fixed === undefined ? readEndpoint(proxy, context) : { fixed }
  const clientId = readClientId(proxy, context)
  return keys && { in: readLocations(proxy, context), keys, clientId }
}

function readEndpoint(proxy: DocumentPart, { allowHttpIssuer }: Context): { readonly endpoint: string } | undefined {
  const given = proxy.text('oidc_issuer_endpoint') ?? ''
  if (given === '') {
    proxy.problem('oidc_issuer_endpoint', 'is missing')
    return undefined
  }
  const checked = checkIssuerEndpoint(given, allowHttpIssuer)
  if ('url' in checked) return { endpoint: checked.url }
  proxy.problem('oidc_issuer_endpoint', `${checked.problem}, or say oidc: { allowHttp: true } if you trust the network`)
  return undefined
}

function readLocations(proxy: DocumentPart, context: Context): readonly CredentialLocation[] {
  const location = proxy.text('credentials_location') ?? 'query'
  if (Object.hasOwn(LOCATIONS, location)) return LOCATIONS[location]!
  // Only a warning, because APIcast serves such a service too and denies every request.
  context.warn(`${proxy.path}.credentials_location is none that 3scale has; every request will lack credentials`)
  return []
}

function readClientId(proxy: DocumentPart, { warn }: Context): ((claims: Claims) => unknown) | undefined {
  const claim = proxy.text('jwt_claim_with_client_id') ?? ''
  const type = proxy.text('jwt_claim_with_client_id_type') ?? 'plain'
  if (type !== 'plain' && type !== 'liquid') {
    proxy.problem('jwt_claim_with_client_id_type', "must be 'plain' or 'liquid'")
    return undefined
  }
  if (claim === '') return undefined
  if (type === 'liquid') {
    const template = parseClaimTemplate(claim)
    if (template !== undefined) return template
    const supported = "text, {{ claim.member['name'] }}, first, last and default"
    proxy.problem('jwt_claim_with_client_id', `uses more of Liquid than this gateway knows: ${supported}`)
    return undefined
  }
  if (claim.includes('{{')) {
    warn(
      `${proxy.path}.jwt_claim_with_client_id is the name of a claim, but looks like a template; its type is 'plain'`,
    )
  }
  return clientIdByClaim(claim)
}

/** Reads what an issuer publishes: the discovery document and the keys to which it points. */
import type { IssuerDocuments } from '../../credentials/oidc/key-set.ts'
import { isRecord } from '../../validation/checks.ts'
import { type FetchedDocument, FetchFailed, type FetchJson } from '../fetch-json.ts'
import { checkIssuerUrl } from './issuer-url.ts'

/** Both documents as fetched, to ask for them again. */
export interface FetchedIssuer {
  readonly discovery: FetchedDocument
  readonly keys: FetchedDocument
}

export interface IssuerAnswer {
  readonly fetched: FetchedIssuer
  readonly documents: IssuerDocuments
  /** How long both are fresh, in milliseconds; undefined if the provider does not say. */
  readonly maxAgeMs: number | undefined
}

/** Rejects with a FetchFailed. */
export async function readIssuer(
  endpoint: string,
  fetchJson: FetchJson,
  known: FetchedIssuer | undefined,
  allowHttp: boolean,
): Promise<IssuerAnswer> {
  const discovery = await fetchJson(`${endpoint}/.well-known/openid-configuration`, known?.discovery)
  const { issuer, jwks_uri: keysUrl, id_token_signing_alg_values_supported: algorithms } = discovery.document
  // Without it there is nothing to compare `iss` with.
  if (typeof issuer !== 'string' || issuer === '') throw new FetchFailed('issuer_missing')
  if (typeof keysUrl !== 'string') throw new FetchFailed('jwks_uri_missing')
  const checked = checkIssuerUrl(keysUrl, allowHttp)
  if ('problem' in checked) throw new FetchFailed('jwks_uri_unusable')
  const keys = await fetchJson(checked.url, known?.keys)
  const list = keys.document.keys
  if (!Array.isArray(list)) throw new FetchFailed('keys_missing')
  const ages = [discovery.maxAgeMs, keys.maxAgeMs].filter((age) => age !== undefined)
  return {
    fetched: { discovery, keys },
    documents: {
      issuer,
      algorithms: Array.isArray(algorithms) ? algorithms : undefined,
      // One odd entry must not take the others with it.
      jwks: { keys: list.filter(isRecord) },
      introspectionEndpoint: introspectionOf(discovery.document),
    },
    maxAgeMs: ages.length === 0 ? undefined : Math.min(...ages),
  }
}

/** Older versions of Keycloak use the second name (APIcast policy/token_introspection). */
export function introspectionOf(document: Readonly<Record<string, unknown>>): unknown {
  return document.introspection_endpoint ?? document.token_introspection_endpoint
}

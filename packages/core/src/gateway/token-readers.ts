/** Creates the readers of access tokens for the services of a gateway, and the key stores that they share. */

import { MAX_BODY_BYTES } from '../client/transport/transport.ts'
import { createFetchJson, FetchFailed } from '../configuration/fetch-json.ts'
import { FixedKeys } from '../configuration/oidc/fixed-keys.ts'
import { Introspector } from '../configuration/oidc/introspector.ts'
import { checkIssuerUrl } from '../configuration/oidc/issuer-url.ts'
import { KeyStore } from '../configuration/oidc/key-store.ts'
import type { ResolvedOptions, ResolvedTokenRules } from '../configuration/options/resolved-options.ts'
import type { PortalOidc } from '../configuration/portal/portal-service.ts'
import type { CredentialsReader } from '../credentials/credentials-reader.ts'
import { createBearerLocation } from '../credentials/locations/bearer.ts'
import { clientIdByClaim } from '../credentials/oidc/client-id.ts'
import type { IssuerKeys } from '../credentials/oidc/issuer-keys.ts'
import { createTokenReader } from '../credentials/oidc/token-reader.ts'
import type { TokenRules } from '../credentials/oidc/token-settings.ts'
import { CLIENT_ID_CLAIM, ISSUER_KEYS, TOKEN_DEFAULTS } from '../defaults.ts'
import type { KeysMessage } from '../observe/messages.ts'
import type { Observer } from '../observe/observer.ts'
import type { IntrospectionParts } from '../policies/token-introspection.ts'
import type { RequestView } from '../request/request-view.ts'

/** Who calls, by tokens, and the keys by which that is known. */
export interface TokenIdentification<View extends RequestView> {
  readonly credentials: CredentialsReader<View>
  readonly keys: IssuerKeys
}

export interface TokenReaders<View extends RequestView> {
  /** For the service of the options, whose `credentials` are of the kind 'oidc'. */
  ofOptions(judge: TokenRules['judge']): TokenIdentification<View>
  ofPortal(oidc: PortalOidc, judge: TokenRules['judge']): TokenIdentification<View>
  /** Stops fetching keys of issuers that are not among these. */
  keepOnly(keys: ReadonlySet<IssuerKeys | undefined>): void
  /** How tokens are introspected. */
  readonly introspection: Pick<IntrospectionParts, 'ask' | 'now' | 'onFailure'>
  /** Where the tokens of an issuer are introspected; undefined if that was not read, or cannot be used. */
  introspectionEndpointOf(keys: IssuerKeys): string | undefined
  /** The token in Authorization, for services whose callers identify by something else. */
  bearerOf(view: RequestView): string | undefined
  /** Stops fetching keys, and ends the connections to identity providers. */
  close(): Promise<void>
}

export function createTokenReaders<View extends RequestView>(
  { credentials, oidc, dispatcher, clock, maxCalls, connectionTtlMs, timeoutMs }: ResolvedOptions<View>,
  /** Called after the creation only. */
  observer: () => Pick<Observer, 'keys' | 'warn'>,
): TokenReaders<View> {
  const ending = new AbortController()
  const fetchJson = createFetchJson({
    dispatcher,
    clock,
    timeoutMs: ISSUER_KEYS.timeoutMs,
    maxBytes: MAX_BODY_BYTES,
    ending: ending.signal,
  })
  const introspector = new Introspector({ dispatcher, clock, maxConnections: maxCalls, connectionTtlMs, timeoutMs })
  const bearer = createBearerLocation(TOKEN_DEFAULTS.maxBytes)
  /** One per issuer, however many services it has. */
  const stores = new Map<string, KeyStore>()

  function onFetched(message: KeysMessage): void {
    observer().keys(message)
    const { event, endpoint, issuer } = message
    if (event !== 'changed' || oidc.issuer !== undefined || issuer?.replace(/\/+$/, '') === endpoint) return
    observer().warn(
      'THREESCALE_ISSUER_DIFFERS',
      `the discovery document of ${endpoint} names another issuer, ${issuer?.slice(0, 256)}; tokens must name that one`,
    )
  }

  function storeOf(endpoint: string, allowHttp: boolean): KeyStore {
    const store = stores.get(endpoint) ?? new KeyStore({ endpoint, allowHttp, fetchJson, clock, onFetched })
    stores.set(endpoint, store)
    return store
  }

  function identification(
    rules: TokenRules,
    keys: IssuerKeys,
    locations: Pick<PortalOidc, 'in'> & { readonly maxBytes: number; readonly asApicast: boolean },
  ): TokenIdentification<View> {
    return { credentials: createTokenReader({ ...locations, rules, keys, now: clock.now }), keys }
  }

  return {
    ofOptions(judge) {
      if (typeof credentials !== 'object' || credentials.kind !== 'oidc')
        throw new TypeError('no tokens are configured')
      const { issuer, allowHttp, in: locations, maxBytes } = credentials
      const keys = storeOf(issuer, allowHttp)
      return identification(rulesOf(credentials, undefined, undefined, judge), keys, {
        in: locations,
        maxBytes,
        asApicast: false,
      })
    },
    ofPortal({ in: locations, keys, clientId }, judge) {
      const { maxBytes } = TOKEN_DEFAULTS
      return identification(
        rulesOf(oidc, oidc.issuer, clientId, judge),
        'fixed' in keys ? new FixedKeys(keys.fixed) : storeOf(keys.endpoint, oidc.allowHttp),
        { in: locations, maxBytes, asApicast: true },
      )
    },
    keepOnly(keys) {
      for (const [endpoint, store] of stores) {
        if (keys.has(store)) continue
        store.close()
        stores.delete(endpoint)
      }
    },
    introspection: {
      ask: (endpoint, authorization, token) => introspector.ask(endpoint, authorization, token),
      now: clock.now,
      onFailure(error) {
        const reason = error instanceof FetchFailed ? error.code : 'no endpoint that can be used'
        observer().warn(
          'THREESCALE_INTROSPECTION',
          `tokens cannot be introspected (${reason}), and requests that need it are answered 503`,
        )
      },
    },
    introspectionEndpointOf({ current }) {
      const checked = checkIssuerUrl(current?.introspectionEndpoint ?? '', oidc.allowHttp)
      return 'url' in checked ? checked.url : undefined
    },
    bearerOf(view) {
      const found = bearer.read(view)
      return typeof found === 'object' && 'userKey' in found ? found.userKey : undefined
    },
    async close() {
      for (const store of stores.values()) store.close()
      ending.abort()
      await introspector.close()
    },
  }
}

function rulesOf(
  { audience, algorithms, requiredClaims, typ, clockToleranceMs, clientId }: ResolvedTokenRules,
  issuers: readonly string[] | undefined,
  ofProduct: TokenRules['clientId'] | undefined,
  judge: TokenRules['judge'],
): TokenRules {
  return {
    issuers,
    audience,
    algorithms,
    requiredClaims,
    typ,
    clockToleranceMs,
    judge,
    clientId:
      typeof clientId === 'function'
        ? clientId
        : clientId === undefined
          ? (ofProduct ?? clientIdByClaim(CLIENT_ID_CLAIM))
          : clientIdByClaim(clientId),
  }
}

/** An identity provider with the paths of Keycloak: its discovery document, its keys and its token endpoint. */
import type { Clock } from '../clock.ts'
import { conditional } from '../http/conditional.ts'
import { addressOf, type EmulatorRequest, type EmulatorResponse } from '../http/message.ts'
import type { RequestTarget } from '../http/request-target.ts'
import type { EmulatorState } from '../provider/state.ts'
import type { Site } from '../site.ts'
import { SigningKeys, signingAlgorithm } from './signing-keys.ts'
import { answerTokenRequest } from './token-endpoint.ts'

const realm = '/realms/emulator'
const paths = {
  discovery: `${realm}/.well-known/openid-configuration`,
  keys: `${realm}/protocol/openid-connect/certs`,
  token: `${realm}/protocol/openid-connect/token`,
} as const

/** Issues tokens to the applications of the OAuth services in the state. */
export class IdentityProvider implements Site {
  readonly keys: SigningKeys = new SigningKeys()
  readonly #clock: Clock
  #state: EmulatorState = { services: [] }

  /** `clock` tells when tokens are issued. */
  constructor(clock: Clock) {
    this.#clock = clock
  }

  follow(state: EmulatorState): void {
    this.#state = state
  }

  owns(path: string): boolean {
    return path.startsWith('/realms/')
  }

  answer(request: EmulatorRequest, { path }: RequestTarget): EmulatorResponse {
    if (path === paths.token) {
      const issuance = { state: this.#state, keys: this.keys, issuer: this.issuerOf(request), now: this.#clock.now() }
      return answerTokenRequest(request, issuance)
    }
    const document = path === paths.discovery ? this.#discovery(request) : path === paths.keys && this.keys.jwks()
    if (!document) return { status: 404, headers: {}, body: '' }
    if (request.method !== 'GET' && request.method !== 'HEAD')
      return { status: 405, headers: { allow: 'GET' }, body: '' }
    const headers = { 'content-type': 'application/json', 'cache-control': 'no-cache' }
    return conditional(request, { status: 200, headers, body: JSON.stringify(document) })
  }

  /** The issuer of the state, else under the name by which it is called, as Keycloak does without a fixed host name. */
  issuerOf(request: EmulatorRequest): string {
    return this.#state.identity_provider?.issuer ?? addressOf(request) + realm
  }

  /** The endpoints have the name by which it is called, so that gateway and callers may have different ones. */
  #discovery(request: EmulatorRequest): object {
    const address = addressOf(request)
    return {
      issuer: this.issuerOf(request),
      jwks_uri: address + paths.keys,
      token_endpoint: address + paths.token,
      token_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post'],
      grant_types_supported: ['client_credentials'],
      response_types_supported: [],
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: [signingAlgorithm],
    }
  }
}

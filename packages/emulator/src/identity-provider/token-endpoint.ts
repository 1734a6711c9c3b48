/** The token endpoint: client credentials for an access token (RFC 6749, section 4.4). Nothing of it is logged. */
import { randomUUID } from 'node:crypto'
import { basicCredentials } from '../http/basic-credentials.ts'
import { type EmulatorRequest, type EmulatorResponse, headerOf } from '../http/message.ts'
import type { ApplicationState, EmulatorState } from '../provider/state.ts'
import { mediaType } from '../rack/request-parameters.ts'
import type { SigningKeys } from './signing-keys.ts'

/** By whom and when a token is issued. */
export interface Issuance {
  readonly state: EmulatorState
  readonly keys: SigningKeys
  readonly issuer: string
  /** Epoch milliseconds. */
  readonly now: number
}

/** Answers a request for a token. */
export function answerTokenRequest(request: EmulatorRequest, issuance: Issuance): EmulatorResponse {
  if (request.method !== 'POST') return { status: 405, headers: { allow: 'POST' }, body: '' }
  if (mediaType(headerOf(request, 'content-type')) !== 'application/x-www-form-urlencoded') {
    return refusal(400, 'invalid_request', 'the body must be application/x-www-form-urlencoded')
  }
  const form = new URLSearchParams(Buffer.from(request.body ?? '').toString('utf8'))
  const client = clientOf(credentialsOf(request, form), issuance.state)
  if (!client) {
    const headers = { 'www-authenticate': 'Basic realm="3scale emulator"' }
    return refusal(401, 'invalid_client', 'no application of an OAuth service has this id and key', headers)
  }
  if (form.get('grant_type') !== 'client_credentials') {
    return refusal(400, 'unsupported_grant_type', 'grant_type must be client_credentials')
  }
  return tokenAnswer(client, issuance)
}

/** The claims are those of Keycloak; the application's own replace them. */
function tokenAnswer({ id, token_claims }: ApplicationState, { state, keys, issuer, now }: Issuance): EmulatorResponse {
  const { access_token_lifespan: lifespan = 300 } = state.identity_provider ?? {}
  const iat = Math.floor(now / 1000)
  const token = keys.sign({
    iss: issuer,
    sub: `service-account-${id}`,
    aud: 'account',
    azp: id,
    client_id: id,
    typ: 'Bearer',
    jti: randomUUID(),
    iat,
    exp: iat + lifespan,
    ...token_claims,
  })
  return answer(200, { access_token: token, token_type: 'Bearer', expires_in: lifespan })
}

type ClientCredentials = readonly [id: string, secret: string]

/** Those of Basic are encoded like members of a form (RFC 6749, section 2.3.1). */
function credentialsOf(request: EmulatorRequest, form: URLSearchParams): ClientCredentials {
  const [id, secret] = basicCredentials(request) ?? []
  if (id === undefined || secret === undefined) return [form.get('client_id') ?? '', form.get('client_secret') ?? '']
  return [formDecoded(id), formDecoded(secret)]
}

function formDecoded(text: string): string {
  return new URLSearchParams(`text=${text.replaceAll('&', '%26')}`).get('text') ?? ''
}

/** Each application of an OAuth service is a client, as after 3scale has synchronised them. */
function clientOf([id, secret]: ClientCredentials, { services }: EmulatorState): ApplicationState | undefined {
  return services
    .filter(({ backend_version }) => backend_version === 'oauth')
    .flatMap(({ applications = [] }) => applications)
    .find((application) => application.id === id && application.application_keys?.includes(secret))
}

function refusal(status: number, error: string, description: string, headers = {}): EmulatorResponse {
  return answer(status, { error, error_description: description }, headers)
}

function answer(status: number, value: object, headers: Readonly<Record<string, string>> = {}): EmulatorResponse {
  return {
    status,
    headers: { 'content-type': 'application/json', 'cache-control': 'no-store', ...headers },
    body: JSON.stringify(value),
  }
}

/** An identity provider on a socket of this machine, whose keys and answers a test changes. */
import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { SigningKey } from './access-token.ts'
import { closeServer, listenOnLoopback } from './listening.ts'

export interface IdentityProvider {
  readonly issuer: string
  /** What it publishes from now on. */
  keys: readonly Pick<SigningKey, 'jwk'>[]
  /** Members of the discovery document that replace its own; undefined ones are left out. */
  discovery: Record<string, unknown>
  /** Header fields of both answers. */
  headers: Record<string, string>
  /** Answers in its place; undefined: as a good provider does. */
  answer: ((request: IncomingMessage, response: ServerResponse) => void) | undefined
  /** Paths of the requests so far. */
  readonly requests: string[]
  /** Requests that were answered 304. */
  confirmed: number
  close(): Promise<void>
}

const REALM = '/realms/acme'

export async function startIdentityProvider(keys: readonly Pick<SigningKey, 'jwk'>[]): Promise<IdentityProvider> {
  const server = createServer((request, response) => {
    provider.requests.push(request.url ?? '')
    if (provider.answer !== undefined) return provider.answer(request, response)
    const document = documents()[request.url ?? '']
    if (document === undefined) return void response.writeHead(404).end('not found')
    const body = JSON.stringify(document)
    const etag = `"${createHash('sha256').update(body).digest('hex')}"`
    if (request.headers['if-none-match'] === etag) {
      provider.confirmed += 1
      return void response.writeHead(304, { etag }).end()
    }
    response.writeHead(200, { 'content-type': 'application/json', etag, ...provider.headers }).end(body)
  })
  const port = await listenOnLoopback(server)
  const issuer = `http://127.0.0.1:${port}${REALM}`
  const documents = (): Record<string, unknown> => ({
    [`${REALM}/.well-known/openid-configuration`]: {
      issuer,
      jwks_uri: `${issuer}/certs`,
      id_token_signing_alg_values_supported: ['RS256', 'ES256', 'HS256', 'EdDSA'],
      ...provider.discovery,
    },
    [`${REALM}/certs`]: { keys: provider.keys.map(({ jwk }) => jwk) },
  })
  const provider: IdentityProvider = {
    issuer,
    keys,
    discovery: {},
    headers: {},
    answer: undefined,
    requests: [],
    confirmed: 0,
    close: () => closeServer(server),
  }
  return provider
}

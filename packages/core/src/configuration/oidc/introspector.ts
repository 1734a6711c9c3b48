/** Asks an identity provider whether tokens are active (RFC 7662). Remembers nothing. */
import type { Dispatcher } from 'undici'
import type { Transport, TransportResponse } from '../../client/transport/transport.ts'
import { createUndiciTransport } from '../../client/transport/undici-transport.ts'
import { VERSION } from '../../client/transport/user-agent.ts'
import { isThreeScaleError } from '../../errors.ts'
import type { Introspection } from '../../policies/token-introspection.ts'
import { captureContext } from '../../primitives/async-context.ts'
import type { Clock } from '../../primitives/clock.ts'
import { FetchFailed, jsonObject } from '../fetch-json.ts'

export interface IntrospectorOptions {
  /** Carries the calls; undefined: connections of its own, which are kept open. */
  readonly dispatcher: Dispatcher | undefined
  readonly maxConnections: number
  readonly connectionTtlMs: number
  /** One exchange, connecting included, in milliseconds. */
  readonly timeoutMs: number
  readonly clock: Clock
}

/** Opens nothing before the first token. */
export class Introspector {
  readonly #options: IntrospectorOptions
  readonly #inContext = captureContext()
  readonly #transports = new Map<string, Transport>()

  constructor(options: IntrospectorOptions) {
    this.#options = options
  }

  /** @param authorization value of the header. Rejects with a FetchFailed, which holds nothing of the token. */
  async ask(endpoint: string, authorization: string, token: string): Promise<Introspection> {
    const { origin, pathname, search } = new URL(endpoint)
    const { timeoutMs } = this.#options
    let response: TransportResponse
    try {
      response = await this.#transportOf(origin).request({
        method: 'POST',
        path: pathname + search,
        headers: [
          ...['accept', 'application/json', 'content-type', 'application/x-www-form-urlencoded'],
          ...['authorization', authorization, 'user-agent', `threescale-node/${VERSION}`],
        ],
        body: new URLSearchParams({ token, token_type_hint: 'access_token' }).toString(),
        timeoutMs,
        signal: undefined,
        line: [''],
        whenSent: 'finish',
      })
    } catch (error) {
      throw new FetchFailed(isThreeScaleError(error) ? error.code : 'failed')
    }
    if (response.status !== 200) throw new FetchFailed(`status_${response.status}`)
    if (response.failure !== undefined) throw new FetchFailed(response.failure.code)
    return read(response.body)
  }

  /** Ends all connections. */
  async close(): Promise<void> {
    await Promise.all([...this.#transports.values()].map((transport) => transport.close?.()))
  }

  #transportOf(origin: string): Transport {
    const transport =
      this.#transports.get(origin) ?? this.#inContext(() => createUndiciTransport({ ...this.#options, origin }))
    this.#transports.set(origin, transport)
    return transport
  }
}

/** Only `active: true` is a yes. */
function read(body: Uint8Array): Introspection {
  const { active, exp } = jsonObject(body)
  return { active: active === true, expiresAt: exp === undefined || exp === null ? undefined : instantOf(exp) }
}

/** An end that cannot be read is in the past, so that the answer is not remembered beyond it. */
function instantOf(exp: unknown): number {
  return typeof exp === 'number' && Number.isFinite(exp) ? exp * 1000 : 0
}

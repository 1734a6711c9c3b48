/** The default transport: keep-alive connections by undici. */
import { type Dispatcher, Pool } from 'undici'
import type { Clock } from '../../primitives/clock.ts'
import { Exchange } from './exchange.ts'
import type { Transport, TransportRequest, TransportResponse } from './transport.ts'

export interface UndiciTransportOptions {
  /** Scheme, host and port. */
  readonly origin: string
  /** Used instead of a pool of its own, and never closed. */
  readonly dispatcher: Dispatcher | undefined
  readonly maxConnections: number
  /** How long connecting may take, in milliseconds. */
  readonly connectTimeoutMs: number
  readonly clock: Clock
}

/** Opens nothing before the first request. */
export function createUndiciTransport(options: UndiciTransportOptions): Transport {
  const { origin, clock } = options
  let pool: Pool | undefined

  function dispatcher(): Dispatcher {
    if (options.dispatcher !== undefined) return options.dispatcher
    pool ??= new Pool(origin, {
      connections: options.maxConnections,
      connect: { timeout: options.connectTimeoutMs },
    })
    return pool
  }

  return {
    request(request: TransportRequest): Promise<TransportResponse> {
      return new Promise((resolve, reject) => {
        const exchange = new Exchange(request, origin, clock, resolve, reject)
        try {
          dispatcher().dispatch(
            {
              origin,
              path: request.path,
              method: request.method,
              headers: request.headers as string[],
              body: request.body ?? null,
              // Off, because the exchange has one deadline for everything.
              headersTimeout: 0,
              bodyTimeout: 0,
            },
            exchange,
          )
        } catch (error) {
          exchange.onResponseError(undefined, error)
        }
      })
    },
    async close() {
      await pool?.destroy()
    },
  }
}

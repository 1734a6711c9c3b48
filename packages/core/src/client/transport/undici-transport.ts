/** The default transport: keep-alive connections by undici, in a pool of its own or on a given dispatcher. */
import type { Dispatcher } from 'undici'
import { captureContext } from '../../primitives/async-context.ts'
import type { Clock } from '../../primitives/clock.ts'
import { ConnectionPool } from './connection-pool.ts'
import { Exchange } from './exchange.ts'
import type { Transport, TransportRequest } from './transport.ts'

export interface UndiciTransportOptions {
  /** Scheme, host and port. */
  readonly origin: string
  /** Used instead of a pool of its own, and never closed. It alone decides how many connections there are. */
  readonly dispatcher: Dispatcher | undefined
  readonly maxConnections: number
  /** How long a connection may be used, in milliseconds. */
  readonly connectionTtlMs: number
  /** How long one exchange may take, in milliseconds. */
  readonly timeoutMs: number
  readonly clock: Clock
}

/** Opens nothing before the first request. */
export function createUndiciTransport(options: UndiciTransportOptions): Transport {
  const { origin, clock, dispatcher } = options
  // Connections outlive the request that opens them, so they must not hold its async context.
  const inContext = captureContext()
  const traffic = { answers: 0 }
  let pool: ConnectionPool | undefined

  function send(exchange: Exchange): void {
    if (dispatcher !== undefined) exchange.dispatchOn(dispatcher)
    else {
      pool ??= new ConnectionPool({ ...options, inContext })
      pool.submit(exchange)
    }
  }

  return {
    request(request: TransportRequest) {
      return new Promise((resolve, reject) => {
        inContext(() => send(new Exchange(request, origin, traffic, clock, resolve, reject)))
      })
    },
    async close() {
      await pool?.destroy()
    },
  }
}

/** The connections that have no call, and the end of those that have none for long. */
import type { InContext } from '../../primitives/async-context.ts'
import type { Clock, Timer } from '../../primitives/clock.ts'
import type { Connection } from './connection.ts'

export interface IdleConnectionsOptions {
  readonly clock: Clock
  readonly inContext: InContext
  /** How long connections beyond one may be idle, in milliseconds; 0 leaves it to undici. */
  readonly maxIdleMs: number
  /** Called for a connection that was idle for longer. */
  readonly onExpired: (connection: Connection) => void
}

/** The connection used last is used first, so that the others can end. */
export class IdleConnections {
  readonly #options: IdleConnectionsOptions
  readonly #idle: Connection[] = []
  #timer: Timer | undefined

  constructor(options: IdleConnectionsOptions) {
    this.#options = options
  }

  get size(): number {
    return this.#idle.length
  }

  /** The one that is idle for longest. */
  get oldest(): Connection | undefined {
    return this.#idle[0]
  }

  put(connection: Connection, now: number): void {
    connection.idleSince = now
    this.#idle.push(connection)
    if (this.#options.maxIdleMs > 0 && this.#idle.length > 1) this.#watch(this.#options.maxIdleMs)
  }

  /** Takes the one that was used last. */
  take(): Connection | undefined {
    return this.#idle.pop()
  }

  remove(connection: Connection): void {
    const at = this.#idle.indexOf(connection)
    if (at >= 0) this.#idle.splice(at, 1)
  }

  /** Stops its timer. */
  stop(): void {
    this.#timer?.cancel()
  }

  #watch(delayMs: number): void {
    const { clock, inContext, maxIdleMs, onExpired } = this.#options
    const endExpired = (): void => {
      this.#timer = undefined
      const since = clock.elapsed() - maxIdleMs
      while (this.#idle.length > 1 && this.#idle[0]!.idleSince <= since) onExpired(this.#idle.shift()!)
      if (this.#idle.length > 1) this.#watch(this.#idle[0]!.idleSince - since)
    }
    this.#timer ??= inContext(() => clock.schedule(endExpired, Math.ceil(delayMs)))
  }
}

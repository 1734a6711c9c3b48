/** Keep-alive connections to one origin, as many as the backend serves; further calls wait here, callers in turn. */
import type { Client } from 'undici'
import type { InContext } from '../../primitives/async-context.ts'
import type { Clock, Timer } from '../../primitives/clock.ts'
import { Connection, type ConnectionOwner } from './connection.ts'
import { ConnectionWindow } from './connection-window.ts'
import type { Exchange, ExchangeEnd } from './exchange.ts'
import { ExchangeLine } from './exchange-line.ts'
import { IdleConnections } from './idle-connections.ts'
import { Starvation } from './starvation.ts'
import { buildConnector } from './undici-parts.ts'

export interface ConnectionPoolOptions {
  readonly origin: string
  readonly maxConnections: number
  readonly connectionTtlMs: number
  readonly timeoutMs: number
  readonly clock: Clock
  /** The context that connections and timers belong to. */
  readonly inContext: InContext
}

/** Connections that are opened before anything is known of the backend. */
const FIRST = 4
/** Over https: a proxy that ends TLS holds many connections, and a burst cannot wait for one handshake after another. */
const FIRST_PROXIED = 64
/** Connections that were opened together end spread over this share of their life. */
const LIFE_SPREAD = 0.25
/** Its multiples, taken modulo 1, fill the range from 0 to 1 evenly. */
const GOLDEN_RATIO = 0.618034
/** A time-out shows starvation if the other connections were answered this often in the meantime. */
const TIMEOUT_ROUNDS = 2

export class ConnectionPool implements ConnectionOwner {
  readonly #options: ConnectionPoolOptions
  readonly #clientOptions: Client.Options
  readonly #window: ConnectionWindow
  readonly #starvation: Starvation
  readonly #open = new Set<Connection>()
  readonly #idle: IdleConnections
  /** Answered in this turn of the event loop. */
  #resting: Connection[] = []
  readonly #waiting: ExchangeLine
  #proved = 0
  #opened = 0
  #halvedAt = Number.NEGATIVE_INFINITY
  #starvationTimer: Timer | undefined
  #destroyed = false

  constructor(options: ConnectionPoolOptions) {
    this.#options = options
    const proxied = options.origin.startsWith('https:')
    this.#window = new ConnectionWindow(options.maxConnections, proxied ? FIRST_PROXIED : FIRST)
    this.#starvation = new Starvation(options.timeoutMs)
    this.#waiting = new ExchangeLine(options)
    this.#idle = new IdleConnections({
      ...options,
      // So short that a call of another process that waits for the worker is still answered in time.
      maxIdleMs: proxied ? 0 : options.timeoutMs / 4,
      onExpired: (connection) => this.#retire(connection),
    })
    this.#clientOptions = {
      // Shared, so that a new connection can resume the TLS session of an earlier one.
      connect: buildConnector({ timeout: options.timeoutMs }),
      keepAliveMaxTimeout: options.connectionTtlMs,
    }
  }

  /** Runs an exchange on an idle or new connection, or as soon as one is free. */
  submit(exchange: Exchange): void {
    const connection = this.#takeIdle(this.#options.clock.elapsed())
    if (connection !== undefined) connection.run(exchange)
    else {
      this.#waiting.push(exchange)
      this.#openForWaiting()
    }
  }

  /** Ends all connections; what still runs or waits fails. */
  async destroy(): Promise<void> {
    this.#destroyed = true
    this.#idle.stop()
    this.#starvationTimer?.cancel()
    for (let next = this.#waiting.take(); next !== undefined; next = this.#waiting.take()) {
      next.onResponseError(undefined, new Error('closed'))
    }
    await Promise.all([...this.#open].map((connection) => connection.destroy()))
  }

  onWritten(connection: Connection): void {
    const now = this.#options.clock.elapsed()
    this.#starvation.onWritten(connection, now)
    if (this.#idle.size > 0) this.#watchStarvation()
  }

  onFree(connection: Connection, end: ExchangeEnd): void {
    if (this.#destroyed) return
    const now = this.#options.clock.elapsed()
    if (end === 'answered') this.#onAnswer(connection, now)
    if (end === 'timed-out') this.#onTimeout(connection, now)
    if (end === 'timed-out' || end === 'broken') {
      this.#remove(connection)
      void connection.destroy().catch(() => {})
    } else if (this.#open.size > this.#window.size || now >= connection.endsAt) {
      this.#retire(connection)
    } else if (!this.#runWaiting(connection)) this.#rest(connection)
    // Not at once after a time-out, because calls that wait may be due in this same turn.
    if (end === 'timed-out') setImmediate(() => this.#openForWaiting())
    else this.#openForWaiting()
  }

  onDisconnect(connection: Connection): void {
    if (!this.#open.has(connection)) return
    // undici connects again for a call that it got after the last answer and has not written.
    if (connection.busy) this.#unprove(connection)
    else this.#remove(connection)
  }

  #onAnswer(connection: Connection, now: number): void {
    this.#starvation.onAnswer(connection, now)
    this.#waiting.answered(this.#starvation.latencyMs)
    if (!connection.proved) {
      connection.proved = true
      this.#proved++
      this.#window.answered(connection.stepNumber)
    }
    if (!this.#starvation.possible) return
    // While more are open than may be, each answer ends one, and a starved one gets its worker. That needs time.
    if (this.#open.size > this.#window.size) this.#starvation.restart()
    else if (this.#starvation.isShown(now, this.#proved)) this.#shrinkToProved(now)
  }

  #shrinkToProved(now: number): void {
    this.#window.shrink(this.#proved, now, true)
    this.#starvation.restart()
    while (this.#open.size > this.#window.size && this.#idle.size > 0) this.#retire(this.#idle.oldest!)
  }

  #onTimeout(connection: Connection, now: number): void {
    const busy = this.#open.size - this.#idle.size
    // Calls that were sent together time out together. A call alone does not suffer from other connections.
    if (busy < 2 || now - this.#halvedAt < this.#options.timeoutMs) return
    this.#halvedAt = now
    const starved =
      connection.writtenAt !== undefined && this.#starvation.rounds(connection, this.#proved) >= TIMEOUT_ROUNDS
    this.#window.shrink(Math.floor(busy / 2), now, starved)
  }

  #openForWaiting(): void {
    for (let next = this.#waiting.first; next !== undefined; next = this.#waiting.first) {
      if (this.#waiting.length <= this.#resting.length) return
      const now = this.#options.clock.elapsed()
      if (this.#open.size >= this.#window.size && !this.#window.grow(now)) return
      this.#waiting.take()
      // What ended a call may run in the context of another request: its time-out, or its signal.
      this.#options.inContext(() => this.#connect(now).run(next))
    }
  }

  #connect(now: number): Connection {
    const { origin, connectionTtlMs } = this.#options
    const spread = LIFE_SPREAD * ((this.#opened++ * GOLDEN_RATIO) % 1)
    const endsAt = now + connectionTtlMs * (1 - spread)
    const connection = new Connection(this, origin, this.#clientOptions, endsAt, this.#window.stepNumber)
    this.#open.add(connection)
    return connection
  }

  #takeIdle(now: number): Connection | undefined {
    for (let last = this.#idle.take(); last !== undefined; last = this.#idle.take()) {
      if (now < last.endsAt) return last
      this.#retire(last)
    }
    return undefined
  }

  #runWaiting(connection: Connection): boolean {
    const next = this.#waiting.take()
    if (next === undefined) return false
    connection.run(next)
    return true
  }

  /**
   * A server may end a connection right after its answer, and a call that is written then is lost. Together with the
   * turn for which undici looks at an idle connection, one turn here is enough to notice.
   */
  #rest(connection: Connection): void {
    this.#resting.push(connection)
    if (this.#resting.length === 1) setImmediate(this.#afterTurn)
  }

  readonly #afterTurn = (): void => {
    const rested = this.#resting
    this.#resting = []
    if (this.#destroyed) return
    const now = this.#options.clock.elapsed()
    for (const connection of rested) {
      if (!this.#open.has(connection)) continue
      if (this.#open.size > this.#window.size) this.#retire(connection)
      else if (!this.#runWaiting(connection)) this.#keepIdle(connection, now)
    }
    this.#openForWaiting()
  }

  #keepIdle(connection: Connection, now: number): void {
    this.#idle.put(connection, now)
    this.#watchStarvation()
  }

  /** An idle connection may keep a worker from a connection that waits for its first answer. */
  #watchStarvation(): void {
    if (this.#idle.size === 0 || !this.#starvation.possible) return
    const { inContext, clock } = this.#options
    const look = (): void => {
      this.#starvationTimer = undefined
      if (this.#idle.size === 0) return
      const now = clock.elapsed()
      const starved = this.#starvation.besideIdle(now)
      if (starved === 'surely') this.#shrinkToProved(now)
      else if (starved === 'perhaps') this.#retire(this.#idle.oldest!)
      this.#watchStarvation()
    }
    this.#starvationTimer ??= inContext(() => clock.schedule(look, Math.ceil(this.#starvation.patienceMs)))
  }

  #retire(connection: Connection): void {
    this.#remove(connection)
    connection.retire()
  }

  #remove(connection: Connection): void {
    this.#open.delete(connection)
    this.#unprove(connection)
    if (!connection.busy) this.#idle.remove(connection)
  }

  #unprove(connection: Connection): void {
    if (connection.proved) this.#proved--
    connection.proved = false
    this.#starvation.forget(connection)
  }
}

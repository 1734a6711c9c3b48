/** One keep-alive connection to the backend: an undici client that gets one call at a time. */
import type { Client as UndiciClient } from 'undici'
import type { Exchange, ExchangeEnd, ExchangeObserver } from './exchange.ts'
import { Client } from './undici-parts.ts'

/** The pool's side of a connection. */
export interface ConnectionOwner {
  /** The running call is being written now. */
  onWritten(connection: Connection): void
  /** The running call has ended; another may follow. */
  onFree(connection: Connection, end: ExchangeEnd): void
  /** The connection ended. */
  onDisconnect(connection: Connection): void
}

export class Connection implements ExchangeObserver {
  readonly #owner: ConnectionOwner
  readonly #client: UndiciClient
  /** Elapsed milliseconds after which it gets no more calls. */
  readonly endsAt: number
  /** The step of the window in which it was opened. */
  readonly stepNumber: number
  /** Whether it was answered: the backend serves it. */
  proved = false
  busy = false
  /** Elapsed milliseconds when the running call was written; undefined if it has not been. */
  writtenAt: number | undefined
  /** Answers on all connections when the running call was written. */
  answersBefore = 0
  /** Elapsed milliseconds when it became idle. */
  idleSince = 0

  constructor(
    owner: ConnectionOwner,
    origin: string,
    options: UndiciClient.Options,
    endsAt: number,
    stepNumber: number,
  ) {
    this.#owner = owner
    this.endsAt = endsAt
    this.stepNumber = stepNumber
    this.#client = new Client(origin, options)
    this.#client.on('disconnect', () => owner.onDisconnect(this))
  }

  run(exchange: Exchange): void {
    this.busy = true
    this.writtenAt = undefined
    exchange.dispatchOn(this.#client, this)
  }

  onWritten(): void {
    this.#owner.onWritten(this)
  }

  onEnd(end: ExchangeEnd): void {
    this.busy = false
    this.#owner.onFree(this, end)
  }

  /** Ends it once what undici still holds of its last call is done. */
  retire(): void {
    this.#client.close().catch(() => {})
  }

  /** Ends it at once; a running call fails. */
  async destroy(): Promise<void> {
    await this.#client.destroy()
  }
}

/** Serves one connection at a time per worker, as puma does with one thread per worker: other connections wait. */
import type { Socket } from 'node:net'

/** Workers that stay with a connection until it ends. */
export class Workers {
  #free: number
  readonly #served = new Set<Socket>()
  readonly #waiting = new Map<Socket, (() => void)[]>()

  /** @throws RangeError when `count` is not a whole number of at least 1. */
  constructor(count: number) {
    if (!(Number.isInteger(count) && count >= 1)) throw new RangeError('workers must be a whole number of at least 1')
    this.#free = count
  }

  /** Calls `serve` as soon as a worker is with the connection; never, if the connection ends before. */
  run(connection: Socket, serve: () => void): void {
    const others = this.#waiting.get(connection)
    if (this.#served.has(connection)) serve()
    else if (others) others.push(serve)
    else {
      this.#waiting.set(connection, [serve])
      connection.once('close', () => this.#leave(connection))
      this.#serveNext()
    }
  }

  #leave(connection: Socket): void {
    this.#waiting.delete(connection)
    if (!this.#served.delete(connection)) return
    this.#free++
    this.#serveNext()
  }

  #serveNext(): void {
    const [next] = this.#waiting
    if (!next || this.#free === 0) return
    const [connection, requests] = next
    this.#free--
    this.#waiting.delete(connection)
    this.#served.add(connection)
    for (const serve of requests) serve()
  }
}

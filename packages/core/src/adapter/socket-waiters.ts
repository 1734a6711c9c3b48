/** Tells those who wait on a socket that it has closed, by one listener, however many requests come by it. */
import type { Socket } from 'node:net'

// Registered, so that two copies of the package share one listener on a socket.
const WAITERS: unique symbol = Symbol.for('threescale.waiters')

export class SocketWaiters {
  /** Nearly always one waits at a time, and a Set makes a new table whenever it is filled and emptied. */
  #first: (() => void) | undefined = undefined
  #others: Set<() => void> | undefined = undefined

  constructor(socket: Pick<Socket, 'on'>) {
    socket.on('close', () => {
      this.#first?.()
      for (const closed of this.#others ?? []) closed()
    })
  }

  add(closed: () => void): void {
    if (this.#first === undefined) this.#first = closed
    else if (this.#others === undefined) this.#others = new Set([closed])
    else this.#others.add(closed)
  }

  delete(closed: () => void): void {
    if (this.#first === closed) this.#first = undefined
    else this.#others?.delete(closed)
  }
}

/** Those who wait on a socket. Each is called when it closes, unless it was deleted before. */
export function waitersOf(socket: Pick<Socket, 'on'> & { [WAITERS]?: SocketWaiters }): SocketWaiters {
  socket[WAITERS] ??= new SocketWaiters(socket)
  return socket[WAITERS]
}

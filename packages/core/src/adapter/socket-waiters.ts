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

type AwaitedSocket = Pick<Socket, 'on'> & { [WAITERS]?: SocketWaiters }

/**
 * Those who wait on a socket. Each is called when it closes, unless it was deleted before.
 *
 * @param socket of a request that imitates those of Node it may be missing, or tell no events.
 * @returns undefined where nothing tells that the socket closes.
 */
export function waitersOf(socket: Partial<AwaitedSocket> | null | undefined): SocketWaiters | undefined {
  if (typeof socket?.on !== 'function') return undefined
  socket[WAITERS] ??= new SocketWaiters(socket as AwaitedSocket)
  return socket[WAITERS]
}

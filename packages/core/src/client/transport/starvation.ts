/** Finds connections that the backend has accepted and does not serve, by comparison with those that it answers. */
import type { Connection } from './connection.ts'

/** An unanswered connection is starved when each of the others was answered this often in the meantime. */
const ROUNDS = 8
/** Fewer, when a quarter of the time-out is over: the call must still be answered in time. */
const LATE_ROUNDS = 4
/** No latency is measured more exactly, in milliseconds. */
const MIN_PATIENCE_MS = 20

/**
 * A server with one thread for a connection reads no further connection until an earlier one ends. That differs from a
 * slow backend only by the answers on other connections, so time alone proves nothing.
 */
export class Starvation {
  readonly #timeoutMs: number
  /** Connections whose first call is written; the one that waits longest first. */
  readonly #unproved: Connection[] = []
  #answers = 0
  /** Smoothed. */
  #latencyMs = 0

  constructor(timeoutMs: number) {
    this.#timeoutMs = timeoutMs
  }

  /** How long an answer takes after its call was written, smoothed, in milliseconds. */
  get latencyMs(): number {
    return this.#latencyMs
  }

  /** Whether a connection waits for its first answer. */
  get possible(): boolean {
    return this.#unproved.length > 0
  }

  onWritten(connection: Connection, now: number): void {
    connection.writtenAt = now
    connection.answersBefore = this.#answers
    if (!connection.proved) this.#unproved.push(connection)
  }

  onAnswer(connection: Connection, now: number): void {
    this.#answers++
    this.#latencyMs += (now - (connection.writtenAt ?? now) - this.#latencyMs) / 8
    this.forget(connection)
  }

  /** The connection waits no more. */
  forget(connection: Connection): void {
    if (this.#unproved.length === 0) return
    const at = this.#unproved.indexOf(connection)
    if (at >= 0) this.#unproved.splice(at, 1)
  }

  /** Counts anew for all that wait, after something was done for them. */
  restart(): void {
    for (const connection of this.#unproved) connection.answersBefore = this.#answers
  }

  /** How often each of the proved connections was answered since this one's call was written. */
  rounds(connection: Connection, proved: number): number {
    return (this.#answers - connection.answersBefore) / Math.max(1, proved)
  }

  /** Whether the others' answers show that a connection is starved. */
  isShown(now: number, proved: number): boolean {
    const longest = this.#unproved[0]
    if (longest === undefined) return false
    const rounds = this.rounds(longest, proved)
    return rounds >= ROUNDS || (rounds >= LATE_ROUNDS && now - (longest.writtenAt ?? now) >= this.#timeoutMs / 4)
  }

  /** Whether a connection has waited so long, while others are idle, that it is starved ('surely') or may be. */
  besideIdle(now: number): 'surely' | 'perhaps' | 'no' {
    const longest = this.#unproved[0]
    const waited = longest === undefined ? 0 : now - (longest.writtenAt ?? now)
    if (waited < this.patienceMs) return 'no'
    return waited >= ROUNDS * this.#latencyMs ? 'surely' : 'perhaps'
  }

  /** How long a first answer may take while other connections are idle, in milliseconds. */
  get patienceMs(): number {
    return Math.min(Math.max(ROUNDS * this.#latencyMs, MIN_PATIENCE_MS), this.#timeoutMs / 4)
  }
}

/** One HTTP exchange on an undici dispatcher: collects the answer and knows whether a byte was written. */
import type { Dispatcher } from 'undici'
import { ConfigError, TimeoutError, type TransportError } from '../../errors.ts'
import { isAborted } from '../../primitives/abort.ts'
import type { Clock, Timer } from '../../primitives/clock.ts'
import { CallAborted, callerLeft } from './call-aborted.ts'
import { MAX_BODY_BYTES, type TransportRequest, type TransportResponse } from './transport.ts'
import { dispatchFailure } from './transport-failure.ts'

/**
 * How an exchange left its connection: answered in full; dropped before it was written; without an answer at its
 * deadline; or broken, as after an abort. The connection can be used again after the first two.
 */
export type ExchangeEnd = 'answered' | 'dropped' | 'timed-out' | 'broken'

/** What an exchange tells the connection that it was handed to. */
export interface ExchangeObserver {
  /** Whether the backend serves it: it has answered on this connection. */
  readonly proved: boolean
  /** The request is about to be written. */
  onWritten(): void
  /** Exactly once. */
  onEnd(end: ExchangeEnd): void
}

/** What the exchanges of one transport share. */
export interface Traffic {
  /** How many were answered so far. */
  answers: number
}

type Headers = TransportResponse['headers']

const NO_HEADERS: Headers = Object.freeze({})
const NO_BODY = Buffer.alloc(0)

/**
 * Settles exactly once: by the answer, the deadline, the signal or a failure. After the status has arrived, a failure
 * only marks the body as incomplete.
 */
export class Exchange implements Dispatcher.DispatchHandler {
  readonly #request: TransportRequest
  readonly #origin: string
  readonly #traffic: Traffic
  readonly #resolve: (response: TransportResponse) => void
  readonly #reject: (reason: unknown) => void
  readonly #endsAt: number
  readonly #timer: Timer
  #abortListener: (() => void) | undefined
  #observer: ExchangeObserver | undefined
  readonly #answersBefore: number
  #waits = false
  #controller: Dispatcher.DispatchController | undefined
  #settled = false
  #timedOut = false
  #status = 0
  #headers: Headers = NO_HEADERS
  #body: Buffer = NO_BODY
  #more: Buffer[] | undefined
  #length = 0

  constructor(
    request: TransportRequest,
    origin: string,
    traffic: Traffic,
    clock: Clock,
    resolve: (response: TransportResponse) => void,
    reject: (reason: unknown) => void,
  ) {
    this.#request = request
    this.#origin = origin
    this.#traffic = traffic
    this.#answersBefore = traffic.answers
    this.#resolve = resolve
    this.#reject = reject
    this.#endsAt = clock.elapsed() + request.timeoutMs
    this.#timer = clock.schedule(() => this.#onDeadline(), request.timeoutMs)
    if (request.signal !== undefined) {
      this.#abortListener = () => this.#onAbort()
      request.signal.addEventListener('abort', this.#abortListener)
    }
  }

  /** All connections are busy. Returns the names of the line that it waits in. */
  wait(): TransportRequest['line'] {
    this.#waits = true
    return this.#request.line
  }

  /**
   * Whether it still is to be sent. Ends it if the caller has left, or if its time ends too soon.
   *
   * @param until elapsed milliseconds when it may be answered.
   */
  mayBeSent(until: number): boolean {
    if (this.#settled || this.#callerLeft()) return false
    if (until <= this.#endsAt) return true
    this.#onDeadline()
    return false
  }

  /** Hands the request over. Every failure, also one that undici throws, arrives at `onResponseError`. */
  dispatchOn(dispatcher: Dispatcher, observer?: ExchangeObserver): void {
    this.#waits = false
    this.#observer = observer
    const { path, method, headers, body } = this.#request
    try {
      dispatcher.dispatch(
        {
          origin: this.#origin,
          path,
          method,
          headers: headers as string[],
          body: body ?? null,
          // Off, because the exchange has one deadline for everything.
          headersTimeout: 0,
          bodyTimeout: 0,
        },
        this,
      )
    } catch (error) {
      this.onResponseError(undefined, error)
    }
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    // Throwing drops the request before a byte is written and keeps the connection. It also keeps undici from writing a
    // request a second time, which it may do after a connection ends in certain ways.
    if (this.#settled || this.#controller !== undefined || this.#callerLeft())
      throw new Error('dropped before it was sent')
    this.#controller = controller
    this.#observer?.onWritten()
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: Headers): void {
    // Called again after an informational answer; the last call is the real one.
    this.#status = status
    this.#headers = headers
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#length === 0) this.#body = chunk
    else if (this.#more === undefined) this.#more = [this.#body, chunk]
    else this.#more.push(chunk)
    this.#length += chunk.length
    if (this.#length > (this.#request.maxBodyBytes ?? MAX_BODY_BYTES)) {
      this.#answer(undefined)
      this.#drop()
    }
  }

  onResponseEnd(): void {
    this.#traffic.answers++
    this.#answer(undefined)
    this.#end('answered')
  }

  onResponseError(_controller: Dispatcher.DispatchController | undefined, error: unknown): void {
    const sent = this.#controller !== undefined
    const end = this.#timedOut ? 'timed-out' : this.#settled && !sent ? 'dropped' : 'broken'
    if (!this.#settled) this.#fail(dispatchFailure(error, this.#origin, sent))
    this.#end(end)
  }

  /** Tells the connection once: undici may report an error after the deadline has. */
  #end(end: ExchangeEnd): void {
    const observer = this.#observer
    this.#observer = undefined
    observer?.onEnd(end)
  }

  /** Checked late: a request waits for a connection, and undici holds it for at least a turn of the event loop. */
  #callerLeft(): boolean {
    const { caller } = this.#request
    if (caller === undefined || !isAborted(caller)) return false
    if (this.#settle()) this.#reject(new CallAborted(callerLeft(), false))
    return true
  }

  #onDeadline(): void {
    this.#timedOut = true
    const sent = this.#controller !== undefined
    const missing = this.#waits ? 'free connection to' : sent ? 'complete answer from' : 'connection to'
    const message = `no ${missing} ${this.#origin} within ${this.#request.timeoutMs} ms`
    // Of a given dispatcher it is not known whether the backend serves the connection.
    const served = sent && this.#observer?.proved !== false
    const crowdedOut = !served && this.#traffic.answers > this.#answersBefore
    this.#fail(new TimeoutError(message, { sent, crowdedOut }))
    this.#drop()
    // What was not written has no answer to come: its connection is still being made.
    this.#end('timed-out')
  }

  #onAbort(): void {
    const sent = this.#controller !== undefined
    if (sent && this.#request.whenSent === 'finish') return
    if (this.#settle()) this.#reject(new CallAborted(this.#request.signal?.reason, sent))
    this.#drop()
  }

  #fail(failure: ConfigError | TransportError | TimeoutError): void {
    if (this.#status !== 0 && !(failure instanceof ConfigError)) this.#answer(failure)
    else if (this.#settle()) this.#reject(failure)
  }

  #answer(failure: TransportError | TimeoutError | undefined): void {
    if (!this.#settle()) return
    const body = this.#more === undefined ? this.#body : Buffer.concat(this.#more, this.#length)
    this.#resolve({ status: this.#status, headers: this.#headers, body, failure })
  }

  #settle(): boolean {
    if (this.#settled) return false
    this.#settled = true
    this.#timer.cancel()
    if (this.#abortListener !== undefined) {
      this.#request.signal?.removeEventListener('abort', this.#abortListener)
    }
    return true
  }

  #drop(): void {
    this.#controller?.abort(new Error('dropped'))
  }
}

/** The Service Management API as methods. Encodes, sends and decodes; decides nothing. */
import { createHmac } from 'node:crypto'
import { type InspectOptions, inspect } from 'node:util'
import type { Credentials } from '../domain/credentials.ts'
import type { Transaction } from '../domain/transaction.ts'
import type { SetUsage } from '../domain/usage.ts'
import type { Verdict } from '../domain/verdict.ts'
import { ArgumentError, ClosedError } from '../errors.ts'
import { maskSecrets } from '../primitives/mask-secrets.ts'
import { readAnswer } from './answer/answer.ts'
import { outcomeOfAnswer, outcomeOfFailure, type ReportOutcome } from './answer/report-outcome.ts'
import { type ClientOptions, type ResolvedClientOptions, resolveClientOptions, WARNED } from './client-options.ts'
import { type Address, createAddress } from './encode/address.ts'
import {
  type AuthorizeCall,
  type Endpoint,
  encodeCall,
  encodeCredentials,
  encodeReferrer,
  isOAuth,
} from './encode/authorize-call.ts'
import { checkCall, checkReportCall } from './encode/check-call.ts'
import { encodeExtensions } from './encode/extensions.ts'
import { batchesOf } from './encode/report-batches.ts'
import { warnOfPlainHttp } from './plain-http.ts'
import { tooLong } from './query-limit.ts'
import type { ReportCall, UnsplitBatch } from './report-call.ts'
import { sendBatches } from './send-report.ts'
import { CallAborted } from './transport/call-aborted.ts'
import { createSender, type Sender } from './transport/sender.ts'
import { createUndiciTransport } from './transport/undici-transport.ts'
import { headersOf } from './transport/user-agent.ts'

export type { Transaction } from '../domain/transaction.ts'
export type { AuthorizeCall } from './encode/authorize-call.ts'
export type { ReportCall } from './report-call.ts'

/** The line of reports; no credentials are encoded so. */
const REPORTS = ['reports'] as const
/** The line of all callers that 3scale was never seen to accept. */
const UNVERIFIED = 'unverified'
const ONE_HIT: SetUsage = Object.freeze({ hits: 1 })

/**
 * Calls one backend with one credential of the API provider. It opens nothing before the first call and shares nothing
 * with other clients. If its arguments cannot be sent, a method rejects with an ArgumentError and sends nothing.
 */
export class ThreeScaleClient {
  readonly #options: ResolvedClientOptions
  readonly #address: Address
  readonly #sender: Sender
  readonly #headers: readonly string[]
  readonly #formHeaders: readonly string[]

  /** @throws ConfigError with every problem of the options. */
  constructor(options: ClientOptions) {
    this.#options = resolveClientOptions(options)
    this.#address = createAddress(this.#options)
    if (options[WARNED] !== true) warnOfPlainHttp(this.#options.backendUrl)
    this.#headers = headersOf(this.#options.headers)
    this.#formHeaders = [...this.#headers, 'content-type', 'application/x-www-form-urlencoded']
    const { clock, timeoutMs, retry, dispatcher, maxConnections, connectionTtlMs } = this.#options
    const transport =
      this.#options.transport ??
      createUndiciTransport({
        origin: this.#address.origin,
        dispatcher,
        maxConnections,
        connectionTtlMs,
        timeoutMs,
        clock,
      })
    this.#sender = createSender({ transport, clock, timeoutMs, retry })
  }

  /**
   * Authorizes and, if the answer is yes, counts the usage: `{ hits: 1 }` unless another is given.
   *
   * @throws TransportError, TimeoutError, BackendError (5xx, 429), ProtocolError (not an answer of 3scale),
   *   ArgumentError, ClosedError, or the signal's reason. A denial is not an error: it is a verdict with
   *   `authorized: false`.
   */
  authrep(credentials: Credentials, call: AuthorizeCall = NO_CALL): Promise<Verdict> {
    return this.#ask('authrep', credentials, call, ONE_HIT)
  }

  /**
   * Authorizes and counts nothing. A usage is a prediction: the backend checks it against the limits.
   *
   * @throws as `authrep` does.
   */
  authorize(credentials: Credentials, call: AuthorizeCall = NO_CALL): Promise<Verdict> {
    return this.#ask('authorize', credentials, call, undefined)
  }

  /**
   * Counts usage. Checks all transactions before it sends the first byte, then sends one call after the other: by
   * service, with at most 1,000 transactions or 4,000 parameters each. `accepted` is how many the backend queued. Later
   * it silently drops a whole call if one application or metric in it is unknown.
   *
   * @throws ArgumentError, also for a timestamp that is more than 24 h old or 1 h ahead by this machine's clock, because
   *   the backend would drop its whole call. RejectedError if the backend refuses; ReportError (with `cause`) if it
   *   cannot be reached, does not answer, or the report is aborted. Both say which transactions were `accepted`,
   *   `unreported` and `ambiguous`.
   */
  async report(transactions: Iterable<Transaction>, call: ReportCall = NO_CALL): Promise<{ accepted: number }> {
    if (this.#sender.closed) throw new ClosedError('the client is closed')
    const problems: string[] = []
    if (!checkReportCall(call, problems)) throw new ArgumentError(problems)
    const now = Math.floor(this.#options.clock.now() / 1000)
    const service = call.service === undefined ? this.#options.serviceId : call.service
    const batches = batchesOf(transactions, service, problems, now)
    const starts = new Map(batches.map(({ service }) => [service, this.#address.reportBody(service, problems)]))
    if (problems.length > 0) throw new ArgumentError(problems)
    return await sendBatches(batches, ({ service, body }) => this.#post(starts.get(service) + body, call.signal))
  }

  /**
   * Sends one batch in one call and returns its outcome, for the gateway's reporter.
   *
   * @throws ArgumentError when a transaction cannot be sent; ClosedError; nothing else.
   * @internal
   */
  async reportBatch(batch: UnsplitBatch, signal?: AbortSignal): Promise<ReportOutcome> {
    if (this.#sender.closed) throw new ClosedError('the client is closed')
    const problems: string[] = []
    const batches = batchesOf(batch.transactions, batch.service, problems)
    const start = this.#address.reportBody(batch.service, problems)
    if (batches.length !== 1) problems.push('a batch must fit into one call')
    if (problems.length > 0) throw new ArgumentError(problems)
    return await this.#post(start + batches[0]!.body, signal)
  }

  /** Waits for running calls (each ends at its deadline), then closes the client's connections. Later calls reject. */
  close(): Promise<void> {
    return this.#sender.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  /**
   * Masks our own credentials in a text of the backend, which quotes what it refuses.
   *
   * @internal
   */
  withoutSecrets(text: string): string {
    return maskSecrets(text, [this.#options.serviceToken, this.#options.providerKey])
  }

  /**
   * A key that all processes with our credential make alike, and that does not tell the credential.
   *
   * @internal
   */
  keyFor(purpose: string): string {
    const { serviceToken, providerKey } = this.#options
    return createHmac('sha256', (serviceToken ?? providerKey)!)
      .update(purpose)
      .digest('base64url')
  }

  /** Host and port of the backend. @internal */
  get host(): string {
    return new URL(this.#address.origin).host
  }

  /** How long a call may take, in milliseconds. @internal */
  get timeoutMs(): number {
    return this.#options.timeoutMs
  }

  /** The backend's address and the service; credentials read `***`. */
  toJSON(): object {
    const { serviceId, serviceToken, providerKey, backendUrl, timeoutMs } = this.#options
    return {
      backendUrl,
      serviceId,
      serviceToken: serviceToken === undefined ? undefined : '***',
      providerKey: providerKey === undefined ? undefined : '***',
      timeoutMs,
    }
  }

  // A computed method name would need an inferred type, which isolated declarations refuse.
  static {
    Object.defineProperty(ThreeScaleClient.prototype, inspect.custom, {
      value(this: ThreeScaleClient, _depth: number, options: InspectOptions, show: typeof inspect) {
        return `ThreeScaleClient ${show(this.toJSON(), options)}`
      },
    })
  }

  async #ask(
    endpoint: Endpoint,
    credentials: Credentials,
    call: AuthorizeCall,
    defaultUsage: SetUsage | undefined,
  ): Promise<Verdict> {
    const problems: string[] = []
    if (!checkCall(credentials, call, problems)) throw new ArgumentError(problems)
    const usage = call.usage === undefined ? defaultUsage : call.usage
    const start = this.#address.authorizePath(endpoint, isOAuth(credentials), call.service, problems)
    const identity = encodeCredentials(credentials, problems)
    const caller = identity + encodeReferrer(call.referrer, problems)
    const path = start + caller + encodeCall(call, usage, problems)
    const extensions = encodeExtensions(call.extensions, true, problems)
    if (problems.length > 0) throw new ArgumentError(problems)
    const denial = tooLong(path, caller.length)
    if (denial !== undefined) return denial
    try {
      const response = await this.#sender.send({
        method: 'GET',
        path,
        headers: extensions === '' ? this.#headers : [...this.#headers, '3scale-options', extensions],
        body: undefined,
        signal: call.signal,
        line: call.unverifiedShare === undefined ? [identity] : [UNVERIFIED, call.unverifiedShare],
        caller: call.caller,
        whenSent: call.whenSent ?? 'abort',
        repeatable: endpoint === 'authorize',
      })
      const noBody = call.extensions?.noBody === true
      return readAnswer(response, noBody, this.#options.clock.now(), credentials, call.referrer)
    } catch (error) {
      throw error instanceof CallAborted ? error.reason : error
    }
  }

  async #post(body: string, signal: AbortSignal | undefined): Promise<ReportOutcome> {
    try {
      const response = await this.#sender.send({
        method: 'POST',
        path: this.#address.reportPath,
        headers: this.#formHeaders,
        body,
        signal,
        line: REPORTS,
        whenSent: 'abort',
        repeatable: false,
      })
      return outcomeOfAnswer(response, this.#options.clock.now())
    } catch (error) {
      return outcomeOfFailure(error)
    }
  }
}

const NO_CALL: AuthorizeCall & ReportCall = Object.freeze({})

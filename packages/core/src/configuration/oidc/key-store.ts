/**
 * Keeps the keys of one issuer: fetched at the first token, refreshed in the background, fetched sooner for a key that is
 * unknown. The last good ones stay without end.
 */
import type { IssuerKeys, KeySet } from '../../credentials/oidc/issuer-keys.ts'
import { createKeySet } from '../../credentials/oidc/key-set.ts'
import { loadJose } from '../../credentials/oidc/load-jose.ts'
import { ISSUER_KEYS } from '../../defaults.ts'
import type { KeysMessage } from '../../observe/messages.ts'
import { captureContext } from '../../primitives/async-context.ts'
import type { Clock, Timer } from '../../primitives/clock.ts'
import { FetchFailed, type FetchJson } from '../fetch-json.ts'
import { type FetchedIssuer, readIssuer } from './read-issuer.ts'

export interface KeyStoreOptions {
  /** Where the discovery document is, without slash at the end. */
  readonly endpoint: string
  readonly allowHttp: boolean
  readonly fetchJson: FetchJson
  readonly clock: Clock
  /** Called after each fetch. */
  readonly onFetched: (message: KeysMessage) => void
  /** 0 to 1. Default Math.random. */
  readonly random?: () => number
}

/** Fetches nothing and starts no timer before keys are asked for. */
export class KeyStore implements IssuerKeys {
  readonly #options: KeyStoreOptions
  readonly #inContext = captureContext()
  #current: KeySet | undefined
  /** The present keys as a text, to notice a change. */
  #text: string | undefined
  #fetched: FetchedIssuer | undefined
  /** Ends with the running fetch, or when requests have waited long enough for it. */
  #wait: Promise<void> | undefined
  #fetching = false
  #started = false
  /** When an unknown key last caused a fetch. */
  #askedAt = Number.NEGATIVE_INFINITY
  #failures = 0
  #trouble: string | undefined
  #timer: Timer | undefined
  #closed = false

  constructor(options: KeyStoreOptions) {
    this.#options = options
  }

  get current(): KeySet | undefined {
    return this.#current
  }

  get trouble(): string | undefined {
    return this.#trouble
  }

  async newer(than: KeySet | undefined): Promise<KeySet | undefined> {
    if (this.#current === than && !this.#closed) {
      if (!this.#fetching && this.#mayAsk(than)) this.#start()
      if (this.#fetching) await this.#wait
    }
    return this.#current
  }

  /** Stops the timers. A fetch under way tells nothing more. */
  close(): void {
    this.#closed = true
    this.#timer?.cancel()
  }

  /** Without keys, only the first request asks; the retries do the rest. */
  #mayAsk(than: KeySet | undefined): boolean {
    if (than === undefined) return !this.#started
    const now = this.#options.clock.elapsed()
    if (now - this.#askedAt < ISSUER_KEYS.cooldownMs) return false
    this.#askedAt = now
    return true
  }

  #start(): void {
    this.#timer?.cancel()
    this.#started = true
    this.#fetching = true
    this.#wait = this.#inContext(() => {
      const { clock } = this.#options
      return new Promise((resolve) => {
        const patience = clock.schedule(resolve, ISSUER_KEYS.waitMs)
        const plan = (delayMs: number) => {
          this.#fetching = false
          patience.cancel()
          if (!this.#closed) this.#timer = clock.schedule(() => this.#start(), delayMs)
          resolve()
        }
        // It rejects only if a logger throws.
        this.#load().then(plan, () => plan(ISSUER_KEYS.maxRetryMs))
      })
    })
  }

  /** @returns milliseconds until the next fetch. */
  async #load(): Promise<number> {
    const { endpoint, allowHttp, fetchJson, onFetched, random = Math.random } = this.#options
    try {
      const { fetched, documents, maxAgeMs } = await readIssuer(endpoint, fetchJson, this.#fetched, allowHttp)
      this.#fetched = fetched
      const text = JSON.stringify(documents)
      const changed = text !== this.#text
      if (changed) {
        // Replaced at once when everything is ready.
        this.#current = createKeySet(await loadJose(), documents)
        this.#text = text
      }
      const { issuer, jwks } = documents
      const recovered = this.#failures > 0
      this.#failures = 0
      this.#trouble = undefined
      const event = changed ? 'changed' : recovered ? 'recovered' : 'unchanged'
      onFetched({ event, endpoint, issuer, keys: jwks.keys.length, code: undefined })
      const longest = Math.max(ISSUER_KEYS.minRefreshMs, Math.min(ISSUER_KEYS.refreshMs, maxAgeMs ?? Infinity))
      return longest * (1 + random()) * 0.5
    } catch (error) {
      const code = error instanceof FetchFailed ? error.code : 'keys_unusable'
      this.#trouble = code
      if (this.#closed) return 0
      onFetched({ event: 'failed', endpoint, issuer: this.#current?.issuer, keys: undefined, code })
      const longest = Math.min(ISSUER_KEYS.maxRetryMs, ISSUER_KEYS.retryMs * 2 ** this.#failures++)
      return longest * (1 + random()) * 0.5
    }
  }
}

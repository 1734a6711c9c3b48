/** Connects a gateway to its journal: opened at the first request, told by the ledger, closed with the gateway. */
import type { Authorizer } from '../authorization/authorizer.ts'
import { JOURNAL_OPEN_MS } from '../defaults.ts'
import type { Journal, JournalHost, JournalWriter } from '../ledger/journal.ts'
import type { Ledger } from '../ledger/ledger.ts'
import { ownerOf, recoverBatch, recoverUsage, unsettledUsage } from '../ledger/recover.ts'
import type { Observer } from '../observe/observer.ts'
import type { JournalStats } from '../observe/stats.ts'
import { captureContext } from '../primitives/async-context.ts'
import { atMost } from '../primitives/at-most.ts'
import { Slice } from '../primitives/slice.ts'

export interface GatewayJournalOptions {
  readonly ledger: Ledger
  readonly observer: Pick<Observer, 'journal'>
  /** Those that there are at the moment. */
  readonly services: () => Iterable<{ readonly id: string | undefined; readonly client: { readonly host: string } }>
}

/** Undefined without a journal. Does nothing before the first request. */
export function connectJournal(
  journal: Journal | undefined,
  options: GatewayJournalOptions,
): GatewayJournal | undefined {
  return journal === undefined ? undefined : new GatewayJournal(journal, options)
}

export class GatewayJournal {
  readonly #journal: Journal
  readonly #options: GatewayJournalOptions
  readonly #inOwnContext = captureContext()
  #opening: Promise<void> | undefined
  /** Decisions wait no longer. */
  #opened = false
  #waiting: (() => void)[] = []
  #closed = false

  constructor(journal: Journal, options: GatewayJournalOptions) {
    this.#journal = journal
    this.#options = options
  }

  /**
   * Lets decisions wait until the usage of dead processes is taken over, so that it counts against the limits (law 7),
   * but for five seconds at most. Nothing is known of callers before, so only decisions that ask the backend wait.
   */
  awaitedBy(authorizer: Authorizer): Authorizer {
    return {
      recall: (credentials, usage, referrer, policy) => authorizer.recall(credentials, usage, referrer, policy),
      decide: (request) =>
        this.#opened ? authorizer.decide(request) : this.#untilOpen().then(() => authorizer.decide(request)),
      prove: (application) => authorizer.prove(application),
    }
  }

  /** Undefined before the first request. */
  stats(): JournalStats | undefined {
    return this.#options.ledger.journal?.stats()
  }

  /** Whether what is not settled outlives the process. */
  get keeps(): boolean {
    return this.stats()?.state === 'working'
  }

  /** Ends the writing. @returns whether the next process will find what is not settled. */
  async close(): Promise<boolean> {
    this.#closed = true
    const { journal } = this.#options.ledger
    if (journal === undefined) return false
    const kept = this.keeps
    await journal.close()
    return kept
  }

  #untilOpen(): Promise<void> {
    const { clock } = this.#options.ledger
    this.#opening ??= this.#inOwnContext(async () => {
      await atMost(JOURNAL_OPEN_MS, this.#begin(), clock)
      this.#opened = true
      await this.#letGo()
    })
    return new Promise((resolve) => {
      this.#waiting.push(resolve)
    })
  }

  async #retell(writer: JournalWriter): Promise<void> {
    const slice = new Slice()
    for (const usage of unsettledUsage(this.#options.ledger)) {
      writer.retell(usage)
      if (slice.over) await slice.rest()
    }
  }

  /** Thousands of requests may have waited. Decided in one turn of the event loop, they would hold it up (law 17). */
  async #letGo(): Promise<void> {
    const slice = new Slice()
    for (const decide of this.#waiting.splice(0)) {
      decide()
      // The decision begins as a microtask, so its time is known after one.
      await Promise.resolve()
      if (slice.over) await slice.rest()
    }
  }

  async #begin(): Promise<void> {
    const { ledger, observer } = this.#options
    try {
      const writer = await this.#journal.open(this.#host())
      if (this.#closed) return await writer.close()
      ledger.journal = writer
      // Decisions went on without it, because it took too long.
      if (this.#opened) await this.#retell(writer)
      await writer.recover()
    } catch {
      observer.journal({ event: 'failed', path: '', code: undefined, bytes: undefined, records: undefined })
    }
  }

  #host(): JournalHost {
    const { ledger, observer } = this.#options
    const services = [...this.#options.services()]
    return {
      services: services.map(({ id }) => id),
      backend: [...new Set(services.map(({ client }) => client.host))].sort().join(' '),
      // An acknowledged batch is proved by answers to questions from after `settleMs`.
      keepMs: 2 * ledger.settleMs,
      now: () => ledger.clock.now(),
      unsettled: () => unsettledUsage(ledger),
      applicationOf: (service, id) => ownerOf(ledger.service(service), id),
      recover: (usage) => recoverUsage(ledger, usage),
      recoverBatch: (batch) => recoverBatch(ledger, batch),
      tell: (message) => observer.journal(message),
    }
  }
}

/** The last calls of the Service Management API with their verdicts, and why a batch was dropped later. */
import type { JobFailure } from '../backend/report-job.ts'
import type { EndpointName } from '../http/routes.ts'
import { maskSecrets } from './masking.ts'

/** One call. Keys and tokens in texts are masked. */
export interface CallRecord {
  /** Counts up from 1. */
  readonly id: number
  /** By the emulator's clock, ISO 8601. */
  readonly at: string
  readonly endpoint: EndpointName
  /** Status answered, or 0 when a fault left the call without an answer. */
  readonly status: number
  /** Of authorize and authrep calls that got a verdict. */
  readonly authorized?: boolean
  /** Why it was refused. */
  readonly code?: string
  readonly reason?: string
  readonly service?: string
  readonly application?: string
  /** As given, of authorize and authrep calls. */
  readonly usage?: Readonly<Record<string, string>>
  /** Handed to the job by a report; those that count nothing are left out. */
  readonly transactions?: number
  /** Set once the job behind the call has run and counted nothing, or not all. */
  readonly dropped?: JobFailure
  /** The kinds of the faults that hit it. */
  readonly faults?: readonly string[]
}

/** What a call was about, before it becomes a record. */
export interface CallFacts {
  readonly at: number
  readonly endpoint: EndpointName
  readonly status: number
  readonly authorized?: boolean | undefined
  readonly code?: string | undefined
  readonly reason?: string | undefined
  readonly service?: string | undefined
  readonly application?: string | undefined
  readonly usage?: ReadonlyMap<string, unknown> | undefined
  readonly transactions?: number | undefined
  readonly faults?: readonly string[] | undefined
}

export type CallListener = (event: 'call' | 'dropped', record: CallRecord) => void

interface Entry {
  readonly id: number
  readonly facts: CallFacts
  dropped?: JobFailure
}

const maxEntries = 1000

/** Keeps the last 1,000 calls and tells listeners about new ones. */
export class CallLog {
  #entries: Entry[] = []
  #oldest = 0
  #lastId = 0
  readonly #listeners = new Set<CallListener>()

  /** Adds a call and gives its id. */
  add(facts: CallFacts): number {
    const entry: Entry = { id: ++this.#lastId, facts }
    if (this.#entries.length < maxEntries) this.#entries.push(entry)
    else {
      this.#entries[this.#oldest] = entry
      this.#oldest = (this.#oldest + 1) % maxEntries
    }
    this.#tell('call', entry)
    return entry.id
  }

  /** Notes that the job behind a call has failed. */
  drop(id: number, failure: JobFailure): void {
    const entry = this.#entries.find((each) => each.id === id)
    if (!entry) return
    entry.dropped = failure
    this.#tell('dropped', entry)
  }

  /** Oldest first. */
  list(): CallRecord[] {
    return [...this.#entries.slice(this.#oldest), ...this.#entries.slice(0, this.#oldest)].map(recordOf)
  }

  /** Forgets all calls; ids go on. */
  clear(): void {
    this.#entries = []
    this.#oldest = 0
  }

  /** Calls `listener` for what happens from now on; the result ends it. */
  subscribe(listener: CallListener): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  #tell(event: 'call' | 'dropped', entry: Entry): void {
    if (this.#listeners.size === 0) return
    const record = recordOf(entry)
    for (const listener of this.#listeners) listener(event, record)
  }
}

function recordOf({ id, facts, dropped }: Entry): CallRecord {
  const { at, code, reason, usage, ...rest } = facts
  const known = Object.entries(rest).filter(([, value]) => value !== undefined)
  return {
    id,
    at: new Date(at).toISOString(),
    ...(Object.fromEntries(known) as Pick<CallRecord, 'endpoint' | 'status'>),
    ...(code !== undefined && { code }),
    ...(reason !== undefined && { reason: maskSecrets(code, reason) }),
    ...(usage !== undefined && { usage: Object.fromEntries([...usage].map(([name, value]) => [name, String(value)])) }),
    ...(dropped && { dropped: { code: dropped.code, message: maskSecrets(dropped.code, dropped.message) } }),
  }
}

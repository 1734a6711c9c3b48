/** The last calls of the Service Management API: verdicts, and why a batch was dropped later. */
import type { JobFailure } from '../backend/report-job.ts'
import type { EndpointName } from '../http/routes.ts'
import type { ParameterHash } from '../rack/parameter.ts'
import { maskSecrets } from './masking.ts'
import { type ShownParameters, showParameters } from './shown-parameters.ts'

/** One call. Keys and tokens in its texts are masked. */
export interface CallRecord {
  /** Counts up from 1. */
  readonly id: number
  /** By the emulator's clock, ISO 8601. */
  readonly at: string
  readonly endpoint: EndpointName
  /** The status of the backend's answer, even if a fault replaced or lost that answer. */
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
  /** All parameters, as Rack decodes them. Keys and tokens are masked, long ones are cut. */
  readonly parameters?: ShownParameters
  /** How many transactions a report handed to the job, without those that count nothing. */
  readonly transactions?: number
  /** Set when the job behind the call has run and counted nothing, or only a part. */
  readonly dropped?: JobFailure
  /** The kinds of the faults that hit the call. */
  readonly faults?: readonly string[]
}

/** What is known of a call before it becomes a record. */
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
  readonly parameters?: ParameterHash | ShownParameters | undefined
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

  /** Deletes all calls; ids continue. */
  clear(): void {
    this.#entries = []
    this.#oldest = 0
  }

  /** Calls `listener` for each new event; the result unsubscribes it. */
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
  const { at, code, reason, usage, parameters, ...rest } = facts
  const known = Object.entries(rest).filter(([, value]) => value !== undefined)
  return {
    id,
    at: new Date(at).toISOString(),
    ...(Object.fromEntries(known) as Pick<CallRecord, 'endpoint' | 'status'>),
    ...(code !== undefined && { code }),
    ...(reason !== undefined && { reason: maskSecrets(code, reason) }),
    ...(usage !== undefined && { usage: Object.fromEntries([...usage].map(([name, value]) => [name, String(value)])) }),
    ...(parameters && { parameters: parameters instanceof Map ? showParameters(parameters) : parameters }),
    ...(dropped && { dropped: { code: dropped.code, message: maskSecrets(dropped.code, dropped.message) } }),
  }
}

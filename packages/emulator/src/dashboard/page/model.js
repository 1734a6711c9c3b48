/** What the page knows of the emulator, kept up to date by its events. */
import { get } from './api.js'

/** How often counters are read while nothing is told: windows end without an event. */
const refreshMs = 2000
/** How long events are collected before the counters are read again. */
const collectMs = 150
/** Between two readings passes so many times as long as one takes: with thousands of applications it takes long. */
const restFactor = 4
const reconnectMs = 1000
/** The emulator remembers as many. */
const maxCalls = 1000

/**
 * Dispatches `state`, `usage`, `clock`, `faults` and `calls` when one of them has changed, and `connection`. A `calls`
 * event tells the new records in `detail`.
 */
export class Model extends EventTarget {
  state = { services: [] }
  usage = {}
  history = {}
  faults = []
  /** Oldest first. */
  calls = []
  connected = false
  #offsetMs = 0
  #stoppedAt = null
  #usageTimer = 0
  #usageDue = Number.POSITIVE_INFINITY
  #restMs = 0

  /** Epoch milliseconds by the emulator's clock. */
  now() {
    return this.#stoppedAt ?? Date.now() + this.#offsetMs
  }

  get stopped() {
    return this.#stoppedAt !== null
  }

  /** Connects, and connects again whenever the connection is lost. */
  connect() {
    const events = new EventSource('api/events')
    events.addEventListener('open', () => this.#loadAll().catch(() => this.#retry(events)))
    events.addEventListener('error', () => this.#retry(events))
    events.addEventListener('call', ({ data }) => this.#addCalls([JSON.parse(data)]))
    events.addEventListener('dropped', ({ data }) => this.#addCalls([JSON.parse(data)]))
    events.addEventListener('changed', ({ data }) => void this.load(JSON.parse(data)).catch(() => {}))
  }

  /** Reads a resource again. */
  async load(name) {
    const value = await get(name)
    if (name === 'clock') {
      const now = Date.parse(value.now)
      this.#stoppedAt = value.stopped ? now : null
      this.#offsetMs = now - Date.now()
    } else this[name] = value
    this.#tell(name)
    if (name === 'clock' || name === 'state') this.#loadUsageSoon()
  }

  async #loadAll() {
    this.calls = []
    await Promise.all(['clock', 'state', 'faults'].map((name) => this.load(name)))
    this.#addCalls(await get('calls'))
    // Events may have come before the list.
    this.calls.sort((left, right) => left.id - right.id)
    await this.#loadUsage()
    this.connected = true
    this.#tell('connection')
  }

  #retry(events) {
    if (events.closed) return
    events.closed = true
    events.close()
    this.connected = false
    this.#tell('connection')
    setTimeout(() => this.connect(), reconnectMs)
  }

  /** Adds records, or replaces those with the same id. */
  #addCalls(records) {
    for (const record of records) {
      const index = this.calls.findLastIndex(({ id }) => id === record.id)
      if (index >= 0) this.calls[index] = record
      else this.calls.push(record)
    }
    this.calls.splice(0, this.calls.length - maxCalls)
    this.dispatchEvent(new CustomEvent('calls', { detail: records }))
    this.#loadUsageSoon()
  }

  #loadUsageSoon(delay = Math.max(collectMs, this.#restMs)) {
    // Never later than asked for before: under steady traffic the counters would not be read at all.
    const due = Date.now() + delay
    if (due >= this.#usageDue) return
    this.#usageDue = due
    clearTimeout(this.#usageTimer)
    this.#usageTimer = setTimeout(() => this.#loadUsage().catch(() => {}), delay)
  }

  async #loadUsage() {
    this.#usageDue = Number.POSITIVE_INFINITY
    const start = performance.now()
    const [usage, history] = await Promise.all([get('usage'), get('history')])
    this.#restMs = restFactor * (performance.now() - start)
    this.#loadUsageSoon(Math.max(refreshMs, this.#restMs))
    Object.assign(this, { usage, history })
    this.#tell('usage')
    // The emulator does not tell when a call has used one of a fault's.
    if (this.faults.some(({ count }) => count !== undefined)) await this.load('faults')
  }

  #tell(name) {
    this.dispatchEvent(new Event(name))
  }
}

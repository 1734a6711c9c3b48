/** Tells what happens to the store: when it fails and answers again, and what was booked again. */
import type { StoreMessage, Usage } from '@threescale/core'
import type { Booking } from './owed.ts'
import type { SessionParts } from './parts.ts'
import { SESSION } from './settings.ts'

export class Trouble {
  readonly #parts: Pick<SessionParts, 'host' | 'link'>
  #toldFailing = false
  /** How long commands had failed at the last failure. */
  #failedMs = 0

  constructor(parts: Pick<SessionParts, 'host' | 'link'>) {
    this.#parts = parts
  }

  /** A command has failed, and is repeated. */
  failed(): void {
    const { link } = this.#parts
    this.#failedMs = link.failingMs
    if (this.#toldFailing || link.failingMs < SESSION.tellFailingMs) return
    this.#toldFailing = true
    this.#tell('failing', { code: link.failure })
  }

  /** A command was answered. */
  answered(): void {
    if (!this.#toldFailing) return
    this.#toldFailing = false
    this.#tell('shared', { failingMs: this.#failedMs })
  }

  /** A server lacks these bookings, which are told again. @param emptied it has nothing at all. */
  bookedAgain(bookings: readonly Booking[], emptied: boolean): void {
    this.#tell(emptied ? 'emptied' : 'recovered', { usage: usageOf(bookings) })
  }

  /** The server may drop counts when memory is short. */
  mayEvict(policy: string): void {
    this.#tell('evicting', { code: policy })
  }

  #tell(event: StoreMessage['event'], details: Partial<StoreMessage>): void {
    const { host } = this.#parts
    const message = { event, service: host.service, code: undefined, failingMs: undefined, usage: undefined }
    host.tell({ ...message, ...details })
  }
}

/** The usage of bookings by metric. */
function usageOf(bookings: readonly Booking[]): Usage {
  const usage: Record<string, number> = Object.create(null)
  for (const { shape, n } of bookings) {
    const { metrics, amounts } = shape.print
    for (const [i, metric] of metrics.entries()) usage[metric] = (usage[metric] ?? 0) + n * amounts[i]!
  }
  return usage
}

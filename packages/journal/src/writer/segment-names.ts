/** The numbers that services, applications and metrics have in one file. */
import type { JournalledApplication } from '@threescale/core'
import { KIND } from '../format/kinds.ts'
import type { RecordBuffer } from '../format/record-buffer.ts'
import type { ObjectNumbers } from './object-numbers.ts'

/** An application with the numbers that records of it need. */
export interface NamedApplication {
  readonly number: number
  readonly service: NamedService
}

interface NamedService {
  readonly number: number
  readonly metrics: { nameOf(slot: number): string }
  /** The number of each metric by its slot; undefined where the file does not name it yet. */
  readonly numbers: (number | undefined)[]
}

export class SegmentNames {
  readonly #numbers: ObjectNumbers
  readonly #applications = new Map<JournalledApplication, NamedApplication>()
  readonly #services = new Map<JournalledApplication['service'], NamedService>()
  readonly #metrics = new Map<string, number>()
  #last = 0

  constructor(numbers: ObjectNumbers) {
    this.#numbers = numbers
  }

  /** How many applications have a number. */
  get applications(): number {
    return this.#applications.size
  }

  /** Forgets all numbers, because the records that gave them were not written. Later numbers are new ones. */
  forget(): void {
    this.#applications.clear()
    this.#services.clear()
    this.#metrics.clear()
  }

  /** The numbers of an application. Adds the records that give them to the buffer. */
  application(application: JournalledApplication, buffer: RecordBuffer, offset: number): NamedApplication {
    return this.#applications.get(application) ?? this.#name(application, buffer, offset)
  }

  /** The number of a metric. Not to be called within a record, because it may add one to the buffer. */
  metric(service: NamedService, slot: number, buffer: RecordBuffer, offset: number): number {
    return service.numbers[slot] ?? this.#nameMetric(service, slot, buffer, offset)
  }

  #name(application: JournalledApplication, buffer: RecordBuffer, offset: number): NamedApplication {
    const service = this.#services.get(application.service) ?? this.#nameService(application.service, buffer, offset)
    const named = { number: ++this.#last, service }
    this.#applications.set(application, named)
    buffer.begin(KIND.application)
    buffer.number(named.number)
    buffer.number(service.number)
    // Several may have one id or none, so a number of its own tells each from the others, in all files of the process.
    buffer.number(this.#numbers.of(application))
    buffer.optionalText(application.id)
    buffer.end(offset)
    return named
  }

  #nameService(service: JournalledApplication['service'], buffer: RecordBuffer, offset: number): NamedService {
    const named = { number: ++this.#last, metrics: service.metrics, numbers: [] }
    this.#services.set(service, named)
    buffer.begin(KIND.service)
    buffer.number(named.number)
    buffer.optionalText(service.id)
    buffer.end(offset)
    return named
  }

  #nameMetric(service: NamedService, slot: number, buffer: RecordBuffer, offset: number): number {
    const name = service.metrics.nameOf(slot)
    let number = this.#metrics.get(name)
    if (number === undefined) {
      number = ++this.#last
      this.#metrics.set(name, number)
      buffer.begin(KIND.metric)
      buffer.number(number)
      buffer.text(name)
      buffer.end(offset)
    }
    service.numbers[slot] = number
    return number
  }
}

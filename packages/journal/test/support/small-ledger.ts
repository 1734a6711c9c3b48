/** A ledger reduced to what a journal is told: applications with waiting rows, and batches of rows. */
import type {
  JournalHost,
  JournalledApplication,
  JournalledRow,
  JournalMessage,
  JournalSettlement,
  JournalWriter,
  RecoveredBatch,
  RecoveredUsage,
  UnsettledUsage,
} from '@threescale/core'

const MINUTE_MS = 60_000

class Service {
  readonly id: string | undefined
  readonly names: string[] = []
  readonly metrics = { nameOf: (slot: number): string => this.names[slot]! }

  constructor(id: string | undefined) {
    this.id = id
  }

  slotOf(metric: string): number {
    if (!this.names.includes(metric)) this.names.push(metric)
    return this.names.indexOf(metric)
  }
}

export class SmallRow implements JournalledRow {
  readonly minute: number
  readonly resent: boolean
  readonly amounts: Map<number, number> = new Map()

  constructor(minute: number, resent = false) {
    this.minute = minute
    this.resent = resent
  }

  each(visit: (slot: number, amount: number) => void): void {
    for (const [slot, amount] of this.amounts) visit(slot, amount)
  }
}

export class SmallApplication implements JournalledApplication {
  readonly id: string | undefined
  readonly service: Service
  waiting: SmallRow[] = []
  maybeCounted: SmallRow[] = []

  constructor(service: Service, id: string | undefined) {
    this.service = service
    this.id = id
  }

  add(row: SmallRow): void {
    const same = this.waiting.find(({ minute, resent }) => minute === row.minute && resent === row.resent)
    if (same === undefined) this.waiting.push(row)
    else row.each((slot, amount) => same.amounts.set(slot, (same.amounts.get(slot) ?? 0) + amount))
  }
}

export interface SmallBatch {
  readonly rows: readonly { readonly application: SmallApplication; readonly row: SmallRow }[]
  readonly reserved: boolean
  state: 'inFlight' | 'acknowledged' | 'ambiguous' | 'over'
  sending: boolean
  at: number
}

/** Stands for the id of callers that no answer has proved. */
export const UNPROVED = '-'

/** Usage as text, to compare what was meant with what was read. */
export type Totals = Record<string, number>

export class SmallLedger implements JournalHost {
  readonly services: readonly (string | undefined)[]
  readonly backend: string
  readonly keepMs: number
  readonly told: JournalMessage[] = []
  readonly batches: SmallBatch[] = []
  readonly applications: SmallApplication[] = []
  writer: JournalWriter | undefined
  time = Date.UTC(2026, 0, 15, 10, 20)
  readonly #services: Map<string | undefined, Service>
  /** Those that are found by their ids. A ledger may have others of the same ids. */
  readonly #known = new Map<string, SmallApplication>()

  constructor({ services = ['s1'], backend = 'http://b', keepMs = 60_000 }: Partial<JournalHost> = {}) {
    this.services = services
    this.backend = backend
    this.keepMs = keepMs
    this.#services = new Map(services.map((id) => [id, new Service(id)]))
  }

  now(): number {
    return this.time
  }

  tell(message: JournalMessage): void {
    this.told.push(message)
  }

  application(id: string | undefined, service: string | undefined = this.services[0]): SmallApplication {
    const key = JSON.stringify([service ?? null, id ?? null])
    let application = this.#known.get(key)
    if (application === undefined) {
      application = new SmallApplication(this.#services.get(service)!, id)
      this.#known.set(key, application)
      this.applications.push(application)
    }
    return application
  }

  /** Finds another one by its id from now on; this one keeps its usage. */
  forget({ id, service }: SmallApplication): void {
    this.#known.delete(JSON.stringify([service.id ?? null, id ?? null]))
  }

  book(application: SmallApplication, usage: Record<string, number>): void {
    const row = new SmallRow(Math.floor(this.time / MINUTE_MS) * MINUTE_MS)
    for (const [metric, amount] of Object.entries(usage)) row.amounts.set(application.service.slotOf(metric), amount)
    const slots = [...row.amounts.keys()]
    const amounts = [...row.amounts.values()]
    application.add(row)
    this.writer?.book(application, { slots, amounts }, this.time)
  }

  /** Takes everything of a service that waits. */
  take(service: string | undefined = this.services[0]): SmallBatch | undefined {
    const rows = this.applications
      .filter(({ id, service: { id: own } }) => id !== undefined && own === service)
      .flatMap((application) => application.waiting.splice(0).map((row) => ({ application, row })))
    return rows.length === 0
      ? undefined
      : this.#enter({ rows, reserved: false, state: 'inFlight', sending: false, at: 0 })
  }

  reserve(application: SmallApplication, amount: number): SmallBatch {
    const row = new SmallRow(Math.floor(this.time / MINUTE_MS) * MINUTE_MS)
    row.amounts.set(application.service.slotOf('hits'), amount)
    return this.#enter({ rows: [{ application, row }], reserved: true, state: 'inFlight', sending: true, at: 0 })
  }

  settle(batch: SmallBatch, to: JournalSettlement): void {
    batch.at = this.time
    if (to === 'sending') batch.sending = true
    else if (to === 'acknowledged' || to === 'ambiguous') batch.state = to
    else {
      batch.state = 'over'
      this.batches.splice(this.batches.indexOf(batch), 1)
      for (const { application, row } of batch.rows) {
        if (to === 'waiting') application.add(row)
        if (to === 'resent') application.add(Object.assign(new SmallRow(row.minute, true), { amounts: row.amounts }))
        if (to === 'maybe-counted') application.maybeCounted.push(row)
      }
    }
    this.writer?.settle(batch, to)
  }

  drop(application: SmallApplication): void {
    application.waiting.splice(0)
    this.writer?.retell(this.usageOf(application))
  }

  adopt(from: SmallApplication, to: SmallApplication): void {
    const rows = from.waiting.splice(0)
    for (const row of rows) to.add(row)
    this.writer?.retell(this.usageOf(from), this.usageOf(to))
  }

  *unsettled(): Generator<UnsettledUsage> {
    for (const application of this.applications) {
      const usage = this.usageOf(application)
      if (usage.waiting.length + usage.maybeCounted.length + usage.sent.length > 0) yield usage
    }
  }

  recover({ service, application: id, waiting, maybeCounted }: RecoveredUsage): void {
    const application = this.application(id, service)
    for (const row of waiting) application.add(this.#row(application, row))
    application.maybeCounted.push(...maybeCounted.map((row) => this.#row(application, row)))
  }

  applicationOf(service: string | undefined, id: string): SmallApplication {
    return this.application(id, service)
  }

  recoverBatch({ state, at, service, rows }: RecoveredBatch): SmallBatch {
    const batch: SmallBatch = {
      rows: rows.map((row) => {
        const application = this.application(row.application, service)
        return { application, row: this.#row(application, row) }
      }),
      reserved: false,
      state,
      sending: true,
      at,
    }
    this.batches.push(batch)
    return batch
  }

  /** What the ledger holds, by state, application, minute and metric. */
  totals(): Totals {
    const totals: Totals = {}
    const add = (state: string, { id, service }: SmallApplication, row: SmallRow) =>
      row.each((slot, amount) => {
        const key = [state, service.id, id ?? UNPROVED, row.minute / MINUTE_MS, service.names[slot], row.resent].join(
          ' ',
        )
        totals[key] = (totals[key] ?? 0) + amount
      })
    for (const application of this.applications) {
      for (const row of application.waiting) add('waiting', application, row)
      for (const row of application.maybeCounted) add('maybe-counted', application, row)
    }
    for (const { rows, state, sending, reserved } of this.batches) {
      // As the next process has to see it, when this one dies now.
      const at = state !== 'inFlight' ? state : reserved ? 'maybe-counted' : sending ? 'ambiguous' : 'waiting'
      for (const { application, row } of rows) add(at, application, row)
    }
    return totals
  }

  /** All that an application has. */
  usageOf(application: SmallApplication): UnsettledUsage {
    const sent = this.batches.flatMap((batch) =>
      batch.rows
        .filter((one) => one.application === application)
        .map(({ row }) => ({
          batch,
          row,
          state: batch.state as 'inFlight' | 'acknowledged' | 'ambiguous',
          sending: batch.sending,
          reserved: batch.reserved,
          at: batch.at,
        })),
    )
    return { application, waiting: [...application.waiting], maybeCounted: [...application.maybeCounted], sent }
  }

  #enter(batch: SmallBatch): SmallBatch {
    this.batches.push(batch)
    this.writer?.take(batch, batch.reserved)
    return batch
  }

  #row(application: SmallApplication, { minute, resent, usage }: RecoveredUsage['waiting'][number]): SmallRow {
    const row = new SmallRow(minute, resent)
    for (const [metric, amount] of Object.entries(usage)) row.amounts.set(application.service.slotOf(metric), amount)
    return row
  }
}

/** The parts of totals in one of these states. */
export function inStates(totals: Totals, ...states: string[]): Totals {
  return Object.fromEntries(Object.entries(totals).filter(([key]) => states.includes(key.split(' ')[0]!)))
}

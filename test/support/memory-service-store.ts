/** One process of a fleet at a store in memory. */
import type {
  Asked,
  Asking,
  BatchState,
  Layout,
  Print,
  ServiceStore,
  StoredAnswer,
  StoredApplication,
  StoredBatch,
  StoredCallers,
  StoredCount,
  StoredRow,
  StoreHost,
  StoreStats,
  UnbookedUsage,
  UsageShape,
} from '@threescale/core'
import { keyOf, type MemoryApplication, type MemoryServer, type MemoryService } from './memory-service.ts'

const MINUTE_MS = 60_000
const ASK_MS = 2000
const FULL_MS = 1000
const WAIT_MS = 1500
const LATER: Asked = Object.freeze({ kind: 'later' })

interface ProcessApplication extends StoredApplication {
  layout: Layout | undefined
  provedAt: number
  counts: (StoredCount | undefined)[]
  toldAt: number
}

export class MemoryServiceStore implements ServiceStore {
  readonly #server: MemoryServer
  readonly #service: MemoryService
  readonly #host: StoreHost
  readonly callers: StoredCallers
  #owed: { readonly rows: readonly StoredRow[]; readonly print: Print | undefined; readonly id: string }[] = []
  #batches = 0
  #closed = false

  constructor(server: MemoryServer, service: MemoryService, host: StoreHost) {
    this.#server = server
    this.#service = service
    this.#host = host
    this.callers = this.#createCallers()
  }

  time(): number {
    return this.#host.clock.now()
  }

  application(id: string): StoredApplication {
    const application: ProcessApplication = {
      id,
      layout: undefined,
      provedAt: Number.NEGATIVE_INFINITY,
      counts: [],
      toldAt: Number.NEGATIVE_INFINITY,
    }
    return application
  }

  ask(application: StoredApplication, usage: UsageShape, asking: Asking, aged = false): Asked | Promise<Asked> {
    const known = application as ProcessApplication
    const print = this.#print(known, usage)
    if (print?.settled && print.cells.length === 0 && this.#isFresh(known)) {
      this.#noteAge(known)
      return this.#admit(known, print, asking)
    }
    if (print !== undefined && this.time() - known.toldAt < FULL_MS) {
      const full = refusal(print, known.counts)
      if (full !== undefined) return full
    }
    return this.#ask(known, usage, asking, aged)
  }

  askAlone(application: StoredApplication, usage: UsageShape, asking: Asking, whole: boolean): Asked {
    const known = application as ProcessApplication
    const print = this.#print(known, usage)
    if (print === undefined || !print.settled) {
      if (!whole) return LATER
      if (asking !== 'look') this.#owe(known.id, rowsOf(known.id, usage, this.#minute), print)
      return { kind: 'yes', minute: this.#minute }
    }
    const full = refusal(print, known.counts)
    if (full !== undefined) return full
    if (!whole && print.cells.some(({ limit }) => known.counts[limit] === undefined)) return LATER
    if (asking !== 'look') {
      for (const { limit, end, need } of print.cells) {
        const told = known.counts[limit]
        known.counts[limit] = { end, count: (told?.end === end ? told.count : 0) + need }
      }
    }
    return this.#admit(known, print, asking)
  }

  book(application: StoredApplication, usage: UsageShape, code?: number): void {
    const known = application as ProcessApplication
    this.#owe(known.id, rowsOf(known.id, usage, this.#minute, code), this.#print(known, usage))
  }

  release(application: StoredApplication, usage: UsageShape, minute: number, code: number | undefined): void {
    for (const row of rowsOf(application.id, usage, minute)) {
      this.#service.add(this.#service.held, { ...row, amount: -row.amount })
      this.#service.add(this.#service.pending, { ...row, code })
    }
  }

  async apply(application: StoredApplication, answer: StoredAnswer): Promise<void> {
    await undefined
    if (this.#server.down) return
    const known = application as ProcessApplication
    const shared = this.#service.applications.get(known.id) ?? create(this.#service, known.id)
    if (shared.layout !== '' && shared.layout !== known.layout?.name) this.#read(known, shared)
    const layout = answer.layout()
    this.#service.correct(shared, known.id, answer, this.#host.settings.settleMs)
    shared.layout = layout.name
    this.#service.layouts.set(layout.name, layout.text)
    known.layout = layout
    known.provedAt = shared.provedAt
    for (const wake of this.#service.waiting) wake()
  }

  async take(): Promise<StoredBatch | undefined> {
    await undefined
    const { pending, batches } = this.#service
    if (this.#server.down || pending.size === 0) return undefined
    const rows = [...pending.values()]
    pending.clear()
    this.#batches += 1
    const id = `${this.#host.random?.() ?? Math.random()}-${this.#batches}`
    batches.set(id, { rows, state: 'taken', at: this.time() })
    return { id, rows, more: false, isOrphaned: false, proved: this.#proved() }
  }

  async settle({ id }: StoredBatch, to: BatchState): Promise<boolean> {
    await undefined
    const batch = this.#service.batches.get(id)
    if (batch === undefined || this.#server.down) return false
    batch.state = to === 'told' ? 'ambiguous' : to
    batch.at = this.time()
    if (to === 'back') for (const row of batch.rows) this.#service.add(this.#service.pending, row)
    if (to === 'back') this.#service.batches.delete(id)
    return true
  }

  async part(batch: StoredBatch, rows: readonly StoredRow[]): Promise<StoredBatch | undefined> {
    await undefined
    const whole = this.#service.batches.get(batch.id)
    if (whole === undefined) return undefined
    const keys = new Set(rows.map(keyOf))
    const id = `${batch.id}.${rows.length}`
    this.#service.batches.set(id, { ...whole, rows: whole.rows.filter((row) => keys.has(keyOf(row))) })
    this.#service.batches.set(batch.id, { ...whole, rows: whole.rows.filter((row) => !keys.has(keyOf(row))) })
    return { id, rows, more: false, isOrphaned: false, proved: this.#proved() }
  }

  withdraw(): readonly StoredRow[] {
    if (!this.#server.down) return []
    const rows = this.#owed.flatMap((owed) => owed.rows)
    this.#owed = []
    return rows
  }

  unbooked(): UnbookedUsage {
    return { owed: this.#owed.flatMap(({ rows }) => rows), doubtful: [] }
  }

  stats(): StoreStats {
    const state = this.#closed ? 'closed' : this.#server.down ? 'failing' : 'shared'
    return { state, since: undefined, processes: 1, owed: this.#owed.length, commands: this.#server.asks }
  }

  async close(): Promise<UnbookedUsage> {
    this.#bookOwed()
    this.#closed = true
    const left = this.unbooked()
    this.#owed = []
    return left
  }

  get #minute(): number {
    return Math.floor(this.time() / MINUTE_MS) * MINUTE_MS
  }

  #proved(): ReadonlyMap<string, number> {
    return new Map([...this.#service.applications].map(([id, { provedAt }]) => [id, provedAt]))
  }

  #print({ layout }: ProcessApplication, usage: UsageShape): Print | undefined {
    return layout?.print(usage, this.#minute)
  }

  #isFresh({ provedAt }: { readonly provedAt: number }): boolean {
    return this.time() - provedAt < this.#host.settings.staleMs
  }

  async #ask(known: ProcessApplication, usage: UsageShape, asking: Asking, aged: boolean): Promise<Asked> {
    const until = this.#host.clock.elapsed() + WAIT_MS
    for (;;) {
      await undefined
      if (this.#server.down) return LATER
      this.#server.asks += 1
      this.#bookOwed()
      const shared = this.#service.applications.get(known.id) ?? create(this.#service, known.id)
      this.#refresh(known, shared)
      if (shared.layout !== '' && (aged || this.#isFresh(shared))) {
        if (shared.layout !== known.layout?.name) this.#read(known, shared)
        known.provedAt = shared.provedAt
        const print = this.#print(known, usage)!
        const counts = print.cells.map(({ name, end }) => shared.counts.get(`${name}|${end}`) ?? 0)
        const told: (StoredCount | undefined)[] = []
        print.cells.forEach(({ limit, end }, i) => {
          told[limit] = { end, count: counts[i]! }
        })
        const full = refusal(print, told)
        if (full === undefined && !print.settled) return { kind: 'unsettled' }
        if (full === undefined) {
          const admitted = this.#admit(known, print, asking)
          if (this.#host.settings.tellCounts) this.#tell(known, print, shared)
          return admitted
        }
        this.#tell(known, print, shared)
        return full
      }
      if (this.#host.clock.elapsed() >= until) return LATER
      await this.#answer(until)
    }
  }

  /** A booking leads to a refresh as an ask does. */
  #noteAge(known: ProcessApplication): void {
    const shared = this.#service.applications.get(known.id)
    if (shared === undefined || this.#server.down) return
    known.provedAt = shared.provedAt
    this.#refresh(known, shared)
  }

  #tell(known: ProcessApplication, { cells }: Print, { counts }: MemoryApplication): void {
    known.toldAt = this.time()
    for (const { limit, name, end } of cells) known.counts[limit] = { end, count: counts.get(`${name}|${end}`) ?? 0 }
  }

  #refresh(known: ProcessApplication, shared: MemoryApplication): void {
    const now = this.time()
    if (now - shared.provedAt <= this.#host.settings.ttlMs || now - shared.askedAt <= ASK_MS) return
    shared.askedAt = now
    this.#host.refresh(known)
  }

  /** Waits for any answer about an application. */
  #answer(until: number): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        timer.cancel()
        this.#service.waiting.delete(wake)
        resolve()
      }
      const timer = this.#host.clock.schedule(wake, until - this.#host.clock.elapsed())
      this.#service.waiting.add(wake)
    })
  }

  #read(known: ProcessApplication, { layout }: MemoryApplication): void {
    known.layout = this.#host.readLayout(this.#service.layouts.get(layout)!)
    known.counts = []
  }

  #admit(known: ProcessApplication, print: Print, asking: Asking): Asked {
    if (asking !== 'look') this.#owe(known.id, rowsOf(known.id, print.usage, print.minute), print, asking === 'hold')
    return { kind: 'yes', minute: print.minute }
  }

  #owe(id: string, rows: readonly StoredRow[], print: Print | undefined, hold = false): void {
    if (this.#server.down) {
      this.#owed.push({ rows, print, id })
      return
    }
    const shared = this.#service.applications.get(id)
    for (const { name, end, need } of print?.cells ?? []) {
      const field = `${name}|${end}`
      shared?.counts.set(field, (shared.counts.get(field) ?? 0) + need)
    }
    for (const row of rows) this.#service.add(hold ? this.#service.held : this.#service.pending, row)
  }

  #bookOwed(): void {
    if (this.#server.down) return
    const owed = this.#owed
    this.#owed = []
    for (const { rows, print, id } of owed) this.#owe(id, rows, print)
  }

  #createCallers(): StoredCallers {
    const { callers, asking, waiting } = this.#service
    const { clock, settings } = this.#host
    return {
      find: async (text) => {
        const until = clock.elapsed() + WAIT_MS
        for (;;) {
          await undefined
          if (this.#server.down) return { caller: undefined, ask: true }
          const caller = callers.get(text)
          const age = this.time() - (caller?.askedAt ?? Number.NEGATIVE_INFINITY)
          if (age < (caller?.denial === undefined ? settings.ttlMs : settings.denialTtlMs))
            return { caller, ask: false }
          const asked = asking.get(text)
          if (asked === undefined || this.time() - asked >= ASK_MS) {
            asking.set(text, this.time())
            return { caller, ask: true }
          }
          if (age < settings.staleMs || clock.elapsed() >= until) return { caller, ask: false }
          await this.#answer(until)
        }
      },
      accepted: (text, { application, key, askedAt }) => {
        asking.delete(text)
        callers.set(text, { application, key, askedAt, denial: undefined })
        for (const wake of waiting) wake()
      },
      denied: (text, { code, reason, askedAt }) => {
        asking.delete(text)
        callers.set(text, { application: undefined, key: undefined, askedAt, denial: { code, reason } })
        for (const wake of waiting) wake()
      },
      unanswered: (text) => {
        asking.delete(text)
        for (const wake of waiting) wake()
      },
      keep: (application, keys, askedAt) => {
        for (const [text, caller] of callers) {
          if (caller.application !== application || caller.key === undefined) continue
          if (keys.includes(caller.key)) callers.set(text, { ...caller, askedAt })
          else callers.delete(text)
        }
      },
    }
  }
}

function create({ applications }: MemoryService, id: string): MemoryApplication {
  const application = {
    layout: '',
    provedAt: Number.NEGATIVE_INFINITY,
    question: 0,
    askedAt: 0,
    counts: new Map<string, number>(),
  }
  applications.set(id, application)
  return application
}

function refusal({ cells }: Print, counts: readonly (StoredCount | undefined)[]): Asked | undefined {
  let until = Number.NEGATIVE_INFINITY
  let disabled = false
  for (const { limit, end, need, max } of cells) {
    const told = counts[limit]
    const count = told?.end === end ? told.count : 0
    if (count + need <= max) continue
    if (max === 0) disabled = true
    until = Math.max(until, need > max || end === 8.64e15 ? Number.POSITIVE_INFINITY : end)
  }
  return until === Number.NEGATIVE_INFINITY ? undefined : { kind: 'no', until, disabled }
}

function rowsOf(application: string, usage: UsageShape, minute: number, code?: number): StoredRow[] {
  return usage.metrics.flatMap((metric, i) => {
    const amount = usage.amounts[i]!
    return amount === 0 ? [] : [{ application, minute, metric, code, amount }]
  })
}

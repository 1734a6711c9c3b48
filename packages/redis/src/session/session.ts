/** This process in one partition of the store: decides what is known here, and asks for the rest. */
import type {
  Asked,
  Asking,
  BatchState,
  Print,
  StoredAnswer,
  StoredBatch,
  StoredRow,
  StoreStats,
  UnbookedUsage,
  UsageShape,
} from '@threescale/core'
import type { Link } from '../wire/link.ts'
import { applyAnswer } from './apply-answer.ts'
import { denialOf, knownFull } from './denial.ts'
import { Dialogue } from './dialogue.ts'
import { LATER, UNPROVED, UNSETTLED } from './line.ts'
import { checkMemoryPolicy } from './memory-policy.ts'
import type { SessionParts } from './parts.ts'
import { Reports } from './reports.ts'
import { SESSION } from './settings.ts'
import type { Kind } from './shape.ts'
import type { SharedApplication } from './shared-application.ts'
import { Shares } from './shares.ts'
import type { StoreTime } from './store-time.ts'
import { unbookedRows } from './unbooked.ts'

export class Session {
  readonly #parts: SessionParts
  readonly #reports: Reports
  readonly #dialogue: Dialogue
  readonly #shares = new Shares()
  readonly #newName: () => string
  #asleep = true
  #fellAsleepAt: number | undefined
  #left: (() => void) | undefined
  #closed = false
  #yes: Asked & { readonly kind: 'yes' } = { kind: 'yes', minute: 0 }

  /**
   * @param newName makes a name that no other process has.
   * @param report called when this process has to take what waits.
   */
  constructor(parts: SessionParts, newName: () => string, report: () => void) {
    this.#parts = parts
    this.#newName = newName
    this.#reports = new Reports(parts)
    this.#dialogue = new Dialogue(parts, this.#reports, { report, left: () => this.#rest() }, newName())
  }

  /** The way to the partition's server. */
  get link(): Link {
    return this.#parts.link
  }

  /** The store's time. */
  get time(): StoreTime {
    return this.#parts.time
  }

  ask(application: SharedApplication, usage: UsageShape, asking: Asking, aged: boolean): Asked | Promise<Asked> {
    if (this.#closed) return LATER
    const { time, clock, lines, link, settings } = this.#parts
    // Read once, because a decision of one's own costs little more than that.
    const elapsed = clock.elapsed()
    this.#use(elapsed)
    const { layout } = application
    if (layout !== undefined) {
      const now = time.at(elapsed)
      const minute = now - (now % 60_000)
      const print = layout.print(usage, minute)
      const { cells, settled } = print
      const full = cells.length === 0 ? undefined : knownFull(application, cells, elapsed, SESSION.fullMs)
      if (full !== undefined) {
        if (full.lookDue && lines.look(application, usage, elapsed + SESSION.lookMs)) this.#dialogue.lookSoon()
        return denialOf(application, cells)
      }
      if (!settled) return UNSETTLED
      if (cells.length === 0 && (aged || now - application.provedAt <= settings.staleMs)) {
        return this.#take(application, print, asking)
      }
    }
    if (link.isDown) return LATER
    if (!aged && elapsed < application.unprovedUntil) {
      // Without a request that waits it is asked all the same, so that a process is told to ask 3scale again.
      this.#plan(lines.line(application, usage, 'look').notBefore)
      return UNPROVED
    }
    const line = lines.line(application, usage, asking, aged)
    if (line.tries === 0) line.notBefore = 0
    this.#plan(line.notBefore)
    return lines.wait(line)
  }

  askAlone(application: SharedApplication, usage: UsageShape, asking: Asking, whole: boolean): Asked {
    const { time, link, settings, shapes } = this.#parts
    if (this.#closed) return LATER
    const minute = time.minute()
    const { print, cells } = shapes.of(application.layout, usage, minute, 'counted')
    const known = application.layout !== undefined && time.now() - application.decidedAt <= settings.staleMs
    if (!known) return whole ? this.#take(application, print, asking) : LATER
    if (link.failingSince === undefined) return LATER
    const { answeredAt, processes } = this.#dialogue
    if (!this.#shares.fits(application, cells, answeredAt, whole ? 1 : processes)) return LATER
    const asked = this.#take(application, print, asking)
    if (asked.kind === 'yes' && asking !== 'look') this.#shares.take(application, cells)
    return asked
  }

  book(application: SharedApplication, usage: UsageShape, code: number | undefined): void {
    this.#use()
    const minute = this.#parts.time.minute()
    // What carries a status is a row of its own, and the counts take it as held and released at once.
    if (code === undefined) this.#owe(application, usage, minute, 'counted', 1)
    else {
      this.#owe(application, usage, minute, 'held', 1)
      this.#owe(application, usage, minute, 'released', -1)
      this.#owe(application, usage, minute, `reported.${code}`, 1)
    }
    this.#dialogue.bookNow()
  }

  release(application: SharedApplication, usage: UsageShape, minute: number, code: number | undefined): void {
    if (this.#parts.time.now() - minute > SESSION.heldMs) return
    this.#use()
    this.#owe(application, usage, minute, 'released', -1)
    this.#owe(application, usage, minute, code === undefined ? 'reported' : `reported.${code}`, 1)
  }

  apply(application: SharedApplication, answer: StoredAnswer): Promise<void> {
    this.#use()
    return applyAnswer(this.#parts, application, answer, () => this.#dialogue.plan())
  }

  async take(): Promise<StoredBatch | undefined> {
    if (this.#closed) return undefined
    this.#use()
    await this.#dialogue.booked()
    return this.#closed ? undefined : await this.#reports.take(this.#dialogue.process)
  }

  has(batch: StoredBatch): boolean {
    return this.#reports.has(batch)
  }

  settle(batch: StoredBatch, to: BatchState): Promise<boolean> {
    // What is put back has to be taken again, by this process if no other is awake.
    if (to === 'back' && !this.#closed) this.#use()
    return this.#reports.settle(batch, to)
  }

  part(batch: StoredBatch, rows: readonly StoredRow[]): Promise<StoredBatch | undefined> {
    return this.#reports.part(batch, rows)
  }

  stats(): StoreStats {
    const { link, owed, clock } = this.#parts
    const { failingMs, commands } = link
    const failing = failingMs >= SESSION.tellFailingMs
    const working = this.#asleep ? 'idle' : 'shared'
    return {
      state: this.#closed ? 'closed' : failing ? 'failing' : working,
      since: failing ? clock.now() - failingMs : undefined,
      processes: this.#dialogue.processes,
      owed: this.#closed ? 0 : owed.size,
      commands,
    }
  }

  async close(timeoutMs: number): Promise<UnbookedUsage> {
    const { clock, lines, link } = this.#parts
    if (!this.#asleep) {
      await new Promise<void>((resolve) => {
        const timer = clock.schedule(resolve, timeoutMs)
        this.#left = () => {
          timer.cancel()
          resolve()
        }
        this.#dialogue.leaving = true
        this.#dialogue.plan()
      })
    }
    const left = this.unbooked()
    this.#closed = true
    this.#asleep = true
    this.#dialogue.close()
    link.close()
    lines.close()
    return left
  }

  /** Usage that is owed to a server which has not answered for `failingMs`. The server will not get it. */
  withdraw(failingMs: number): readonly StoredRow[] {
    const { link, owed } = this.#parts
    return link.failingMs < failingMs ? [] : unbookedRows(owed.withdraw(SESSION.withdrawn))
  }

  /** What the store does not have, or not surely. Nothing once `close` has told it. */
  unbooked(): UnbookedUsage {
    if (this.#closed) return { owed: [], doubtful: [] }
    return { owed: unbookedRows(this.#parts.owed), doubtful: unbookedRows(this.#dialogue.underWay) }
  }

  /** Takes usage without asking. */
  #take(application: SharedApplication, print: Print, asking: Asking): Asked {
    if (asking !== 'look') {
      const { owed, shapes, settings } = this.#parts
      if (owed.size >= settings.maxPending) return LATER
      owed.add(application, shapes.ofPrint(print, asking === 'hold' ? 'held' : 'counted'), 1)
    }
    if (this.#yes.minute !== print.minute) this.#yes = Object.freeze({ kind: 'yes', minute: print.minute })
    return this.#yes
  }

  #owe(application: SharedApplication, usage: UsageShape, minute: number, kind: Kind, n: number): void {
    const { owed, shapes } = this.#parts
    owed.add(application, shapes.of(application.layout, usage, minute, kind), n)
  }

  /** @param at by elapsed time. */
  #plan(at: number): void {
    if (at <= this.#parts.clock.elapsed()) this.#dialogue.plan()
  }

  #use(now: number = this.#parts.clock.elapsed()): void {
    this.#dialogue.usedAt = now
    if (!this.#asleep || this.#closed) return
    this.#asleep = false
    const slept = this.#fellAsleepAt === undefined ? 0 : now - this.#fellAsleepAt
    if (this.#fellAsleepAt === undefined) this.#parts.defer(() => void checkMemoryPolicy(this.#parts))
    if (slept > SESSION.forgottenMs) this.#dialogue.begin(this.#newName())
    this.#beat()
  }

  /** A heartbeat now and about once a second, while the session is awake. */
  #beat(): void {
    if (this.#asleep) return
    const { clock, random } = this.#parts
    this.#dialogue.beatDue = true
    this.#dialogue.plan()
    clock.schedule(() => this.#beat(), SESSION.beatMs * (0.8 + 0.4 * random()))
  }

  #rest(): void {
    this.#asleep = true
    this.#fellAsleepAt = this.#parts.clock.elapsed()
    this.#left?.()
  }
}

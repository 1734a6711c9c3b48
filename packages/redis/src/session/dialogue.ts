/** The commands of a session, one under way at a time, and what their answers mean. */
import type { Timer } from '@threescale/core'
import { SyncAnswer } from '../wire/sync-answer.ts'
import { answerFirst, UNSETTLED } from './line.ts'
import { LineAnswers } from './line-answers.ts'
import type { Booking } from './owed.ts'
import type { SessionParts } from './parts.ts'
import { Recovery } from './recovery.ts'
import type { Reports } from './reports.ts'
import { SESSION } from './settings.ts'
import { type Ask, type Beat, grouped, type SyncCommand, syncArguments } from './sync-command.ts'
import { Trouble } from './trouble.ts'

/** What a session does with what the answers say. */
export interface DialogueEvents {
  /** This process has to take what waits. */
  report(): void
  /** The session has left. */
  left(): void
}

export class Dialogue {
  /** Processes that share the store. */
  processes = 1
  /** When the last answer came, by elapsed time. */
  answeredAt: number = Number.NEGATIVE_INFINITY
  /** To leave as soon as nothing is left to do. */
  leaving = false
  /** A heartbeat is due. */
  beatDue = true
  /** When the session was last used, by elapsed time. */
  usedAt = 0
  readonly #parts: SessionParts
  readonly #reports: Reports
  readonly #events: DialogueEvents
  /** The name of this process in the store. */
  process: string
  #seq = 0
  readonly #trouble: Trouble
  readonly #recovery: Recovery
  /** The acknowledged epoch, as the server was told. */
  #toldAcked = 0
  #command: SyncCommand | undefined
  /** Whether all usage in the store had been reported at the last heartbeat. If not, its process may be dead. */
  #allReported = true
  #planned = false
  #again = false
  #bookNow = false
  /** How many bookings are to be sent at once: those that were owed at the last heartbeat, or when it was asked for. */
  #booksDue = 0
  /** The number of the last command that was answered. */
  #answeredSeq = 0
  #timer: Timer | undefined
  #closed = false
  #waiting: (() => void)[] = []

  constructor(parts: SessionParts, reports: Reports, events: DialogueEvents, process: string) {
    this.#parts = parts
    this.#reports = reports
    this.#events = events
    this.process = process
    this.#trouble = new Trouble(parts)
    this.#recovery = new Recovery(parts, reports, this.#trouble)
  }

  /** Begins anew under another name. */
  begin(process: string): void {
    this.process = process
    this.#seq = 0
    this.#answeredSeq = 0
    this.#toldAcked = 0
    this.#recovery.begin()
  }

  /** Sends what there is at the end of this turn of the loop, or when the command under way is answered. */
  plan(): void {
    if (this.#command !== undefined) this.#again = true
    if (this.#command !== undefined || this.#planned) return
    this.#planned = true
    this.#parts.defer(() => {
      this.#planned = false
      if (this.#command === undefined) this.#send()
    })
  }

  /** A line waits for others to be asked with it. */
  lookSoon(): void {
    if (this.#timer === undefined && this.#command === undefined) this.#planLater()
  }

  /** Sends what is owed without waiting for a heartbeat. */
  bookNow(): void {
    this.#bookNow = true
    this.plan()
  }

  /** Resolves when what is owed now is booked, or when the server does not answer. */
  async booked(): Promise<void> {
    const { owed, link } = this.#parts
    const anyOwed = () => owed.size > 0 || this.underWay.length > 0
    // A process that is busy owes something at any moment. One command more, as a book may be refused once.
    const enough = this.#seq + Math.ceil(owed.size / SESSION.lines) + 1
    while (!this.#closed && link.failingSince === undefined && anyOwed() && this.#answeredSeq < enough) {
      this.bookNow()
      await new Promise<void>((resolve) => this.#waiting.push(resolve))
    }
  }

  /** Sends nothing any more. */
  close(): void {
    this.#closed = true
    this.#wakeWaiting()
  }

  /** The bookings of the command under way: the server may have them or not. */
  get underWay(): readonly Booking[] {
    return this.#command?.books ?? []
  }

  #send(): void {
    if (this.#recovery.holds || this.#closed) return
    const { link } = this.#parts
    const command = this.#make()
    if (command === undefined) {
      this.#planLater()
      return
    }
    this.#command = command
    this.#again = false
    this.#toldAcked = this.#recovery.acked
    const args = syncArguments(this.process, command, this.#toldAcked)
    const onFailure = () => {
      this.#trouble.failed()
      this.#wakeWaiting()
    }
    void link
      .repeat('sync', args, (answer) => new SyncAnswer(answer), Number.POSITIVE_INFINITY, onFailure)
      .then((answer) => {
        this.#command = undefined
        this.#parts.lines.answered()
        if (answer !== undefined) {
          this.#trouble.answered()
          this.#answered(command, answer)
        }
        this.#wakeWaiting()
      })
  }

  #make(): SyncCommand | undefined {
    const { owed, lines, shapes, time } = this.#parts
    if (this.beatDue || this.#bookNow || this.leaving || this.#recovery.pending) this.#booksDue = owed.size
    this.#bookNow = false
    const books = grouped(owed.take(Math.min(SESSION.lines, this.#booksDue)))
    this.#booksDue -= books.length
    const minute = time.minute()
    const asks: Ask[] = []
    for (const line of lines.take(SESSION.lines)) {
      const { application, usage, asking, waiters } = line
      const shape = shapes.of(application.layout, usage, minute, asking === 'hold' ? 'held' : 'counted')
      // Its limits were told while it waited, and this process does not know enough to go by them.
      if (!shape.print.settled) answerFirst(waiters, waiters.length, UNSETTLED)
      else asks.push({ line, shape, n: asking === 'look' ? 0 : waiters.length })
    }
    const beat = this.#beat(books.length + asks.length)
    if (beat === '0' && books.length + asks.length === 0 && this.#recovery.acked === this.#toldAcked) return undefined
    this.beatDue = false
    this.#seq += 1
    return { seq: this.#seq, epoch: this.#recovery.epoch, beat, books, asks: grouped(asks), booksAll: owed.size === 0 }
  }

  #beat(work: number): Beat {
    const { owed, retained, time, clock } = this.#parts
    const still = work === 0 && owed.size === 0 && !this.#reports.busy
    const rests = this.leaving
      ? retained.newest < time.now() - SESSION.lingerMs
      : clock.elapsed() - this.usedAt > SESSION.idleMs && retained.isEmpty && this.#allReported
    if (still && rests) return '2'
    return this.beatDue ? '1' : '0'
  }

  #wakeWaiting(): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (const resolve of waiting) resolve()
  }

  #answered(command: SyncCommand, answer: SyncAnswer): void {
    const { time, clock, retained, owed, lines } = this.#parts
    const { time: told, prev, epoch, report, unreported, processes, mark } = answer.head
    const { seq, beat } = command
    time.tell(told)
    this.answeredAt = clock.elapsed()
    this.#answeredSeq = seq
    const { applied, refused, givesBack, unknown } = new LineAnswers(this.#parts, command, answer)
    if (givesBack) this.#bookNow = true
    const lost = this.#recovery.noteLost(command, prev)
    retained.add(seq, told, applied)
    if (beat !== '0') {
      this.processes = processes
      this.#allReported = !unreported
      retained.tell(mark, this.answeredAt)
      this.#reports.forgetOld()
    }
    const emptied = prev === 0 && seq > 1
    this.#recovery.noteEpoch(command, epoch, { incomplete: refused || lost, emptied, done: () => this.plan() })
    if (beat === '2' && owed.size === 0 && lines.size === 0) {
      this.#events.left()
      return
    }
    for (const name of unknown) this.#load(name)
    if (report) this.#events.report()
    this.#next()
  }

  #load(name: string): void {
    const { layouts, lines } = this.#parts
    void layouts.load(name).then((loaded) => {
      if (!loaded) return
      lines.hurryUnknown()
      this.plan()
    })
  }

  /** Sends what there is, now or when the first line that has to wait may be sent. */
  #next(): void {
    const acks = this.#recovery.acked !== this.#toldAcked || this.#recovery.pending
    if (this.#again || this.#bookNow || this.#booksDue > 0 || acks) this.plan()
    else this.#planLater()
  }

  #planLater(): void {
    const { lines, clock } = this.#parts
    const { nextAt } = lines
    if (nextAt === undefined) return
    const inMs = Math.ceil(nextAt - clock.elapsed())
    this.#timer?.cancel()
    this.#timer = undefined
    if (inMs <= 0) this.plan()
    else {
      this.#timer = clock.schedule(() => {
        this.#timer = undefined
        this.plan()
      }, inMs)
    }
  }
}

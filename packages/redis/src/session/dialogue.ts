/** The commands of a session, one under way at a time, and what their answers mean. */
import type { Timer, Usage } from '@threescale/core'
import { SyncAnswer } from '../wire/sync-answer.ts'
import { denialOf, haveRoom } from './denial.ts'
import { answerFirst, type Line, UNSETTLED, type Waiter } from './line.ts'
import type { Booking } from './owed.ts'
import type { SessionParts } from './parts.ts'
import type { Reports } from './reports.ts'
import { SESSION } from './settings.ts'
import type { SharedApplication } from './shared-application.ts'
import { type Ask, type Beat, type SyncCommand, syncArguments } from './sync-command.ts'

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
  #epoch = 0
  /** The newest epoch for which all was booked again, and as the server was told. */
  #acked = 0
  #toldAcked = 0
  #command: SyncCommand | undefined
  #planned = false
  #again = false
  #bookNow = false
  #held = false
  #toldFailing = false
  #timer: Timer | undefined
  #closed = false
  #waiting: (() => void)[] = []

  constructor(parts: SessionParts, reports: Reports, events: DialogueEvents, process: string) {
    this.#parts = parts
    this.#reports = reports
    this.#events = events
    this.process = process
  }

  /** Begins anew under another name. */
  begin(process: string): void {
    this.process = process
    this.#seq = 0
    this.#epoch = 0
    this.#acked = 0
    this.#toldAcked = 0
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

  /** Sends what is owed without waiting for a heartbeat. */
  bookNow(): void {
    this.#bookNow = true
    this.plan()
  }

  /** Resolves when nothing is owed any more, or when the server does not answer. */
  async booked(): Promise<void> {
    const { owed, link } = this.#parts
    const anyOwed = () => owed.size > 0 || this.underWay.length > 0
    while (!this.#closed && link.failingSince === undefined && anyOwed()) {
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
    if (this.#held || this.#closed) return
    const { link } = this.#parts
    const command = this.#make()
    if (command === undefined) {
      this.#planLater()
      return
    }
    this.#command = command
    this.#again = false
    this.#toldAcked = this.#acked
    const args = syncArguments(this.process, command, this.#acked)
    const onFailure = () => this.#failed()
    void link
      .repeat('sync', args, (answer) => new SyncAnswer(answer), Number.POSITIVE_INFINITY, onFailure)
      .then((answer) => {
        this.#command = undefined
        this.#parts.lines.answered()
        if (answer !== undefined) this.#answered(command, answer)
        this.#wakeWaiting()
      })
  }

  #make(): SyncCommand | undefined {
    const { owed, lines, shapes, time } = this.#parts
    const booksNow = this.beatDue || this.#bookNow || this.leaving || this.#epoch > this.#acked
    const books = booksNow ? owed.take(SESSION.lines) : []
    const minute = time.minute()
    const asks: Ask[] = []
    for (const line of lines.take(SESSION.lines)) {
      const { application, usage, asking, waiters } = line
      const shape = shapes.of(application.layout, usage, minute, asking === 'hold' ? 'held' : 'counted')
      // Its limits were told while it waited, and this process does not know enough to go by them.
      if (!shape.print.settled) answerFirst(waiters, waiters.length, UNSETTLED)
      else asks.push({ line, shape, n: asking === 'look' ? 0 : waiters.length })
    }
    if (booksNow) this.#bookNow = owed.size > 0
    const beat = this.#beat(books.length + asks.length)
    if (beat === '0' && books.length + asks.length === 0 && this.#acked === this.#toldAcked) return undefined
    this.beatDue = false
    this.#seq += 1
    return { seq: this.#seq, epoch: this.#epoch, beat, books, asks, booksAll: owed.size === 0 }
  }

  #beat(work: number): Beat {
    const { owed, retained, time, clock } = this.#parts
    const still = work === 0 && owed.size === 0 && !this.#reports.busy
    const rests = this.leaving
      ? retained.newest < time.now() - SESSION.lingerMs
      : clock.elapsed() - this.usedAt > SESSION.idleMs && retained.isEmpty
    if (still && rests) return '2'
    return this.beatDue ? '1' : '0'
  }

  #failed(): void {
    const { link, host } = this.#parts
    if (!this.#toldFailing && link.failingMs >= SESSION.tellFailingMs) {
      this.#toldFailing = true
      host.tell({ event: 'failing', service: host.service, code: link.failure, failingMs: undefined, usage: undefined })
    }
    this.#wakeWaiting()
  }

  #wakeWaiting(): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (const resolve of waiting) resolve()
  }

  #answered(command: SyncCommand, answer: SyncAnswer): void {
    const { time, clock, retained, owed } = this.#parts
    const { head } = answer
    const { seq, beat, books, asks } = command
    time.tell(head.time)
    this.answeredAt = clock.elapsed()
    this.#noteShared()
    const unknown = new Set<string>()
    const applied: Booking[] = []
    let refused = false
    for (const booking of books) {
      const { application, shape } = booking
      if (this.#readCode(application, answer, shape.cells.length > 0, unknown) === -1) {
        refused = true
        owed.add(booking)
      } else applied.push(booking)
    }
    for (const ask of asks) this.#answerAsk(ask, answer, head.time, applied, unknown)
    const applications = [...books.map(({ application }) => application), ...asks.map(({ line }) => line.application)]
    const { host } = this.#parts
    while (!answer.done) host.refresh(applications[answer.number() - 1]!)
    const lost = head.prev < seq - 1
    if (lost) this.#bookAgain(head.prev)
    retained.add(seq, head.time, applied)
    if (beat !== '0') {
      this.processes = head.processes
      retained.tell(head.mark, this.answeredAt)
      this.#reports.forgetOld()
    }
    this.#noteEpoch(command, head.epoch, refused || lost, head.prev === 0 && seq > 1)
    if (beat === '2' && owed.size === 0 && this.#parts.lines.size === 0) {
      this.#events.left()
      return
    }
    for (const name of unknown) this.#load(name)
    if (head.report) this.#events.report()
    this.#next()
  }

  /** Reads how a line was answered, up to the counts of its cells. */
  #readCode(application: SharedApplication, answer: SyncAnswer, touches: boolean, unknown: Set<string>): number {
    const code = answer.number()
    if (code !== -1) {
      if (!touches) application.provedAt = Math.max(application.provedAt, answer.number())
      return code
    }
    const name = answer.text()
    application.provedAt = Math.max(application.provedAt, answer.number())
    const layout = this.#parts.layouts.get(name)
    if (layout === undefined && name !== '') unknown.add(name)
    application.layOut(layout)
    return code
  }

  #answerAsk(
    { line, shape, n }: Ask,
    answer: SyncAnswer,
    time: number,
    applied: Booking[],
    unknown: Set<string>,
  ): void {
    const { application, waiters } = line
    const { cells } = shape
    const { minute } = shape.print
    const code = this.#readCode(application, answer, cells.length > 0, unknown)
    if (code < 0) {
      this.#askLater(line, code)
      return
    }
    const { settings, owed } = this.#parts
    if (settings.tellCounts || code < n || n === 0) {
      for (const { limit, end } of cells)
        application.counts[limit] = { end, count: answer.number(), at: this.answeredAt }
    }
    application.decidedAt = time
    if (code > 0) applied.push({ application, shape, n: code })
    // Granted in a minute that is over by now: those who got nothing may have room in the next.
    const over = time - (time % 60_000) !== minute
    const left = answerFirst(waiters, code, { kind: 'yes', minute })
    if (left > 0) {
      owed.add({ application, shape, n: -left })
      this.#bookNow = true
    }
    const denied = waiters.filter((waiter) => !waiter.over)
    if (denied.length === 0) return
    if (line.asking === 'look' && haveRoom(application, cells))
      answerFirst(denied, denied.length, { kind: 'yes', minute })
    else if (over) this.#rejoin(line, denied)
    else answerFirst(denied, denied.length, denialOf(application, cells))
  }

  /** The store could not decide: another layout, not proved, or not now. */
  #askLater(line: Line, code: number): void {
    const waiters = line.waiters.filter(({ over }) => !over)
    if (waiters.length === 0) return
    const again = this.#rejoin(line, waiters)
    again.tries = line.tries + 1
    const { clock, random } = this.#parts
    const knows = code === -1 && line.application.layout !== undefined
    again.notBefore = knows ? 0 : clock.elapsed() + Math.min(100, 5 * 2 ** line.tries) * (0.5 + random())
  }

  #rejoin(line: Line, waiters: readonly Waiter[]): Line {
    const again = this.#parts.lines.line(line.application, line.usage, line.asking)
    again.waiters.unshift(...waiters)
    return again
  }

  /** The server lacks what was booked after `prev`: it is owed again. */
  #bookAgain(prev: number): void {
    const { retained, owed, host } = this.#parts
    const lost = retained.takeLost(prev)
    for (const booking of lost) owed.add(booking)
    const event = prev === 0 ? 'emptied' : 'recovered'
    host.tell({ event, service: host.service, code: undefined, failingMs: undefined, usage: usageOf(lost) })
  }

  /** An epoch is acknowledged once a command sent since has booked all that was lost, and none of it was refused. */
  #noteEpoch({ epoch: sentIn, booksAll }: SyncCommand, epoch: number, unbooked: boolean, emptied: boolean): void {
    const isNew = epoch > this.#epoch
    if (isNew) this.#epoch = epoch
    if (sentIn === this.#epoch && booksAll && !unbooked) this.#acked = this.#epoch
    if (!isNew) return
    // Batches first: a booking could come between their rows and what waits.
    this.#held = true
    void this.#reports.settleAgain(emptied ? 'keep' : 'sub').then(() => {
      this.#held = false
      this.plan()
    })
  }

  #load(name: string): void {
    const { layouts, lines } = this.#parts
    void layouts.load(name).then((loaded) => {
      if (!loaded) return
      lines.hurryUnknown()
      this.plan()
    })
  }

  #noteShared(): void {
    if (!this.#toldFailing) return
    this.#toldFailing = false
    const { host } = this.#parts
    host.tell({ event: 'shared', service: host.service, code: undefined, failingMs: undefined, usage: undefined })
  }

  /** Sends what there is, now or when the first line that has to wait may be sent. */
  #next(): void {
    const acks = this.#acked !== this.#toldAcked || this.#epoch > this.#acked
    if (this.#again || this.#bookNow || acks) this.plan()
    else this.#planLater()
  }

  #planLater(): void {
    const { lines, clock } = this.#parts
    const { nextAt } = lines
    if (nextAt === undefined) return
    const inMs = Math.ceil(nextAt - clock.elapsed())
    this.#timer?.cancel()
    if (inMs <= 0) this.plan()
    else this.#timer = clock.schedule(() => this.plan(), inMs)
  }
}

/** The usage of bookings by metric. */
function usageOf(bookings: readonly Booking[]): Usage {
  const usage: Record<string, number> = Object.create(null)
  for (const { shape, n } of bookings) {
    const { metrics, amounts } = shape.print
    metrics.forEach((metric, i) => {
      usage[metric] = (usage[metric] ?? 0) + n * amounts[i]!
    })
  }
  return usage
}

/** Reads how the lines of a command were answered, and tells it to those who wait. */
import type { SyncAnswer } from '../wire/sync-answer.ts'
import { denialOf, haveRoom } from './denial.ts'
import { answerFirst, type Line, type Waiter } from './line.ts'
import type { Booking } from './owed.ts'
import type { SessionParts } from './parts.ts'
import type { SharedApplication } from './shared-application.ts'
import type { Ask, SyncCommand } from './sync-command.ts'

const MAX_PAUSE_MS = 100

export class LineAnswers {
  /** What the server has booked. */
  readonly applied: Booking[] = []
  /** A book names a layout that is not the application's any more, and is owed again. */
  refused = false
  /** What was granted and nobody waits for any more is owed back. */
  givesBack = false
  /** Layouts that this process has not seen. */
  readonly unknown: Set<string> = new Set()
  readonly #parts: SessionParts
  readonly #answer: SyncAnswer
  /** By elapsed time. */
  readonly #now: number

  constructor(parts: SessionParts, { books, asks }: SyncCommand, answer: SyncAnswer) {
    this.#parts = parts
    this.#answer = answer
    this.#now = parts.clock.elapsed()
    for (const booking of books) this.#readBook(booking)
    for (const ask of asks) this.#readAsk(ask)
    const lines = [...books, ...asks.map(({ line }) => line)]
    while (!answer.done) parts.host.refresh(lines[answer.number() - 1]!.application)
  }

  #readBook(booking: Booking): void {
    const { application, shape } = booking
    if (this.#readCode(application, shape.cells.length > 0) !== -1) {
      this.applied.push(booking)
      return
    }
    this.refused = true
    this.#parts.owed.add(application, shape, booking.n)
  }

  #readAsk({ line, shape, n }: Ask): void {
    const { application, waiters } = line
    const { cells } = shape
    const code = this.#readCode(application, cells.length > 0)
    if (code < 0) {
      this.#askLater(line, code)
      return
    }
    application.unprovedUntil = Number.NEGATIVE_INFINITY
    if (this.#parts.settings.tellCounts || code < n || n === 0) {
      for (const { limit, end } of cells) {
        application.counts[limit] = { end, count: this.#answer.number(), at: this.#now }
      }
    } else for (const cell of cells) application.noteTaken(cell, code, this.#now)
    const { time } = this.#answer.head
    application.decidedAt = time
    if (code > 0) this.applied.push({ application, shape, n: code })
    const { minute } = shape.print
    const left = answerFirst(waiters, code, { kind: 'yes', minute })
    if (left > 0) {
      this.#parts.owed.add(application, shape, -left)
      this.givesBack = true
    }
    const others = waiters.filter(({ over }) => !over)
    if (line.asking === 'look' && haveRoom(application, cells))
      answerFirst(others, others.length, { kind: 'yes', minute })
    // The minute is over by now, and the next one may have room.
    else if (time - (time % 60_000) !== minute) this.#rejoin(line, others)
    else answerFirst(others, others.length, denialOf(application, cells))
  }

  /** Reads how a line was answered, up to the counts of its cells. @param touches whether it has cells. */
  #readCode(application: SharedApplication, touches: boolean): number {
    const answer = this.#answer
    const code = answer.number()
    if (code !== -1) {
      if (!touches) application.provedAt = Math.max(application.provedAt, answer.number())
      return code
    }
    const name = answer.text()
    application.provedAt = Math.max(application.provedAt, answer.number())
    const layout = this.#parts.layouts.get(name)
    if (layout === undefined && name !== '') this.unknown.add(name)
    application.layOut(layout)
    return code
  }

  /** The store could not decide: another layout, not proved, or not now. */
  #askLater(line: Line, code: number): void {
    const again = this.#rejoin(
      line,
      line.waiters.filter(({ over }) => !over),
    )
    if (again === undefined) return
    again.tries = line.tries + 1
    again.unproved = code === -2 || (code === -1 && line.application.provedAt <= 0)
    const knows = code === -1 && line.application.layout !== undefined
    const pauseMs = Math.min(MAX_PAUSE_MS, 5 * 2 ** line.tries) * (0.5 + this.#parts.random())
    again.notBefore = knows ? 0 : this.#now + pauseMs
  }

  #rejoin(line: Line, waiters: readonly Waiter[]): Line | undefined {
    if (waiters.length === 0) return undefined
    const again = this.#parts.lines.line(line.application, line.usage, line.asking, line.aged)
    again.waiters.unshift(...waiters)
    return again
  }
}

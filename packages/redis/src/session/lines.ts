/** All that waits to be asked. */
import type { Asked, Asking, Clock, Timer, UsageShape } from '@threescale/core'
import { answerFirst, LATER, Line, UNPROVED } from './line.ts'
import { SESSION } from './settings.ts'
import type { SharedApplication } from './shared-application.ts'

export class Lines {
  readonly #clock: Clock
  readonly #waitMs: number
  readonly #waiting = new Set<Line>()
  /** The same by application, what they ask, and usage. */
  readonly #byApplication = new Map<SharedApplication, Map<string, Map<UsageShape, Line>>>()
  /** Lines of the command under way. */
  #asked: readonly Line[] = []
  #timer: Timer | undefined

  constructor(clock: Clock, waitMs: number) {
    this.#clock = clock
    this.#waitMs = waitMs
  }

  get size(): number {
    return this.#waiting.size
  }

  /** The line of an application and usage, which waits from now on. */
  line(application: SharedApplication, usage: UsageShape, asking: Asking, aged = false): Line {
    const lines = this.#linesOf(application, kindOf({ asking, aged }))
    let line = lines.get(usage)
    if (line === undefined) {
      line = new Line(application, usage, asking, aged)
      lines.set(usage, line)
      this.#waiting.add(line)
    }
    return line
  }

  /** The counts alone are to be asked for, at `at` by elapsed time. @returns whether nothing waits to ask for them yet. */
  look(application: SharedApplication, usage: UsageShape, at: number): boolean {
    if (this.#byApplication.get(application)?.get('look')?.has(usage)) return false
    this.line(application, usage, 'look').notBefore = at
    return true
  }

  /** A request waits in the line, for `waitMs` at most. */
  wait(line: Line): Promise<Asked> {
    this.#watch()
    const until = this.#clock.elapsed() + this.#waitMs
    return new Promise((answer) => {
      line.waiters.push({ answer, until, over: false })
    })
  }

  /** Takes the lines that may be sent, `most` at most, those that wait longest first. */
  take(most: number): Line[] {
    const now = this.#clock.elapsed()
    const taken: Line[] = []
    for (const line of this.#waiting) {
      if (taken.length === most) break
      if (line.notBefore > now) continue
      this.#drop(line)
      line.waiters = line.waiters.filter(({ over }) => !over)
      taken.push(line)
    }
    this.#asked = taken
    return taken
  }

  /** The command under way is answered. */
  answered(): void {
    this.#asked = []
  }

  /** When the first line that has to wait may be sent, by elapsed time; undefined: none waits. */
  get nextAt(): number | undefined {
    let next: number | undefined
    for (const { notBefore } of this.#waiting) {
      if (notBefore === 0) return 0
      if (next === undefined || notBefore < next) next = notBefore
    }
    return next
  }

  /** The application's limits are known now. */
  hurry(application: SharedApplication): void {
    application.unprovedUntil = Number.NEGATIVE_INFINITY
    for (const lines of this.#byApplication.get(application)?.values() ?? []) {
      for (const line of lines.values()) line.notBefore = 0
    }
  }

  /** All lines of applications without known limits may be sent. */
  hurryUnknown(): void {
    for (const line of this.#waiting) if (line.application.layout === undefined) line.notBefore = 0
  }

  /** Answers all requests by 'later'. */
  close(): void {
    this.#timer?.cancel()
    for (const line of [...this.#waiting, ...this.#asked]) answerFirst(line.waiters, line.waiters.length, LATER)
    for (const line of [...this.#waiting]) this.#drop(line)
  }

  #drop(line: Line): void {
    this.#waiting.delete(line)
    const byKind = this.#byApplication.get(line.application)!
    byKind.get(kindOf(line))!.delete(line.usage)
    if ([...byKind.values()].every(({ size }) => size === 0)) this.#byApplication.delete(line.application)
  }

  #watch(): void {
    this.#timer ??= this.#clock.schedule(() => {
      this.#timer = undefined
      this.#sweep()
    }, this.#waitMs / 10)
  }

  /** Answers the requests that have waited too long. */
  #sweep(): void {
    const now = this.#clock.elapsed()
    let anyWaits = false
    for (const lines of [this.#waiting, this.#asked]) {
      for (const { waiters, unproved, application } of lines) {
        for (const waiter of waiters) {
          if (waiter.over) continue
          if (waiter.until > now) anyWaits = true
          else {
            if (unproved) application.unprovedUntil = now + SESSION.unprovedMs
            answerFirst([waiter], 1, unproved ? UNPROVED : LATER)
          }
        }
      }
    }
    if (anyWaits) this.#watch()
  }

  #linesOf(application: SharedApplication, kind: string): Map<UsageShape, Line> {
    let byKind = this.#byApplication.get(application)
    if (byKind === undefined) {
      byKind = new Map()
      this.#byApplication.set(application, byKind)
    }
    let lines = byKind.get(kind)
    if (lines === undefined) {
      lines = new Map()
      byKind.set(kind, lines)
    }
    return lines
  }
}

function kindOf({ asking, aged }: Pick<Line, 'asking' | 'aged'>): string {
  return aged ? `aged ${asking}` : asking
}

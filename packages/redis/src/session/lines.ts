/** All that waits to be asked. */
import type { Asked, Asking, Clock, Timer, UsageShape } from '@threescale/core'
import { answerFirst, LATER, Line } from './line.ts'
import type { SharedApplication } from './shared-application.ts'

export class Lines {
  readonly #clock: Clock
  readonly #waitMs: number
  readonly #waiting = new Set<Line>()
  /** The same by application, asking and usage. */
  readonly #byApplication = new Map<SharedApplication, { [A in Asking]?: Map<UsageShape, Line> }>()
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
  line(application: SharedApplication, usage: UsageShape, asking: Asking): Line {
    const lines = this.#linesOf(application, asking)
    let line = lines.get(usage)
    if (line === undefined) {
      line = new Line(application, usage, asking)
      lines.set(usage, line)
      this.#waiting.add(line)
    }
    return line
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
    for (const lines of Object.values(this.#byApplication.get(application) ?? {})) {
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
    const byAsking = this.#byApplication.get(line.application)!
    byAsking[line.asking]!.delete(line.usage)
    if (Object.values(byAsking).every(({ size }) => size === 0)) this.#byApplication.delete(line.application)
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
      for (const { waiters } of lines) {
        for (const waiter of waiters) {
          if (waiter.over) continue
          if (waiter.until > now) anyWaits = true
          else answerFirst([waiter], 1, LATER)
        }
      }
    }
    if (anyWaits) this.#watch()
  }

  #linesOf(application: SharedApplication, asking: Asking): Map<UsageShape, Line> {
    let byAsking = this.#byApplication.get(application)
    if (byAsking === undefined) {
      byAsking = {}
      this.#byApplication.set(application, byAsking)
    }
    let lines = byAsking[asking]
    if (lines === undefined) {
      lines = new Map()
      byAsking[asking] = lines
    }
    return lines
  }
}

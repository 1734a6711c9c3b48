/** Report jobs that wait: they run in order once their time has come, judged as of that time. */

interface Waiting<Job> {
  readonly job: Job
  readonly dueAt: number
}

/** A queue that runs nothing by itself; `runDue` is called whenever somebody may look at the counters. */
export class JobQueue<Job> {
  /** In the order of time, and of coming where times are equal. */
  #waiting: Waiting<Job>[] = []
  readonly #run: (job: Job, at: number) => void

  /** `run` does a job as of an instant, epoch milliseconds. */
  constructor(run: (job: Job, at: number) => void) {
    this.#run = run
  }

  /** Jobs not run yet. */
  get size(): number {
    return this.#waiting.length
  }

  /** Without delay the job runs now. */
  add(job: Job, now: number, delayMs: number): void {
    if (delayMs <= 0) {
      this.#run(job, now)
      return
    }
    const dueAt = now + delayMs
    // Only a clock that was set back makes a job overtake others.
    const after = this.#waiting.findLastIndex((other) => other.dueAt <= dueAt)
    this.#waiting.splice(after + 1, 0, { job, dueAt })
  }

  /** Runs what is due at `now`. A clock that jumped ahead does not change the instant at which a job is judged. */
  runDue(now: number): void {
    const [first] = this.#waiting
    if (!first || first.dueAt > now) return
    const end = this.#waiting.findIndex(({ dueAt }) => dueAt > now)
    const due = this.#waiting.splice(0, end < 0 ? this.#waiting.length : end)
    for (const { job, dueAt } of due) this.#run(job, dueAt)
  }

  /** Runs everything as of `now`. */
  runAll(now: number): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (const { job } of waiting) this.#run(job, now)
  }

  /** Drops what waits. */
  clear(): void {
    this.#waiting = []
  }
}

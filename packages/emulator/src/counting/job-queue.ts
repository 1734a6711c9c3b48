/** Waiting report jobs: they run in the order of their due times, each as of that time. */

interface Waiting<Job> {
  readonly job: Job
  readonly dueAt: number
}

/** A queue without timers: call `runDue` before anything reads the counters. */
export class JobQueue<Job> {
  /** In the order of due times, then of arrival. */
  #waiting: Waiting<Job>[] = []
  readonly #run: (job: Job, at: number) => void

  /** `run` executes a job as of an instant, epoch milliseconds. */
  constructor(run: (job: Job, at: number) => void) {
    this.#run = run
  }

  /** Jobs not run yet. */
  get size(): number {
    return this.#waiting.length
  }

  /** Adds a job; without a delay it runs at once. */
  add(job: Job, now: number, delayMs: number): void {
    if (delayMs <= 0) {
      this.#run(job, now)
      return
    }
    const dueAt = now + delayMs
    // Jobs overtake others only after the clock was set back.
    const after = this.#waiting.findLastIndex((other) => other.dueAt <= dueAt)
    this.#waiting.splice(after + 1, 0, { job, dueAt })
  }

  /** Runs the jobs due at `now`, each as of its due time even if the clock has jumped ahead. */
  runDue(now: number): void {
    const [first] = this.#waiting
    if (!first || first.dueAt > now) return
    const end = this.#waiting.findIndex(({ dueAt }) => dueAt > now)
    const due = this.#waiting.splice(0, end < 0 ? this.#waiting.length : end)
    for (const { job, dueAt } of due) this.#run(job, dueAt)
  }

  /** Runs all jobs as of `now`. */
  runAll(now: number): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (const { job } of waiting) this.#run(job, now)
  }

  /** Drops all waiting jobs. */
  clear(): void {
    this.#waiting = []
  }
}

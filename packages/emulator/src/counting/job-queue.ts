/** Report jobs that wait: they run in order once their time has come, judged as of that time. */

interface Waiting<Job> {
  readonly job: Job
  readonly dueAt: number
}

/** A queue that runs nothing by itself; `runDue` is called whenever somebody may look at the counters. */
export class JobQueue<Job> {
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
    if (delayMs > 0) this.#waiting.push({ job, dueAt: now + delayMs })
    else this.#run(job, now)
  }

  /** Runs what is due at `now`. A clock that jumped ahead does not change the instant at which a job is judged. */
  runDue(now: number): void {
    if (this.#waiting.length === 0) return
    const due = this.#waiting.filter(({ dueAt }) => dueAt <= now)
    if (due.length === 0) return
    this.#waiting = this.#waiting.filter(({ dueAt }) => dueAt > now)
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

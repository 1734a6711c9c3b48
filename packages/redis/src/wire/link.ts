/** The way to the server of one partition: time-outs, repetitions, and since when it has been failing. */
import type { Clock } from '@threescale/core'
import { codeOf, type ScriptName, type ScriptRunner } from './script-runner.ts'

export interface LinkOptions {
  readonly clock: Clock
  /** 0 to 1. */
  readonly random: () => number
  /** How long a command may take, in milliseconds. */
  readonly timeoutMs: number
  /** How long commands have to fail until no request waits any more, in milliseconds. */
  readonly downMs: number
}

export class Link {
  readonly runner: ScriptRunner
  readonly #options: LinkOptions
  /** Commands sent, repetitions included. */
  commands = 0
  /** When the command was sent that failed first, by elapsed time; undefined: the last one was answered. */
  failingSince: number | undefined
  /** The server's word for the last failure. */
  failure: string | undefined
  #closed = false

  constructor(runner: ScriptRunner, options: LinkOptions) {
    this.runner = runner
    this.#options = options
  }

  /** How long it has been failing, in milliseconds; 0: it is not. */
  get failingMs(): number {
    return this.failingSince === undefined ? 0 : this.#options.clock.elapsed() - this.failingSince
  }

  /** It has been failing for so long that no request waits any more. */
  get isDown(): boolean {
    return this.failingMs > this.#options.downMs
  }

  /** Runs a script once. Rejects when it fails or takes too long. */
  once(name: ScriptName, args: readonly string[]): Promise<unknown> {
    return this.attempt(() => this.runner.run(name, args))
  }

  /** Waits for an answer, `timeoutMs` at most. */
  attempt(send: () => Promise<unknown>): Promise<unknown> {
    this.commands += 1
    return new Promise((resolve, reject) => {
      const { clock, timeoutMs } = this.#options
      const timer = clock.schedule(() => reject(new Error('Redis did not answer in time')), timeoutMs)
      send().then(
        (answer) => {
          timer.cancel()
          resolve(answer)
        },
        (error) => {
          timer.cancel()
          reject(error)
        },
      )
    })
  }

  /**
   * Repeats a script until it is answered. Never rejects.
   *
   * @param read reads the answer; what it throws is a failure.
   * @param attempts how often it is tried. Default: until the link is closed.
   * @returns undefined: it was not answered.
   */
  async repeat<Answer>(
    name: ScriptName,
    args: readonly string[],
    read: (answer: unknown) => Answer,
    attempts: number = Number.POSITIVE_INFINITY,
    onFailure: () => void = () => {},
  ): Promise<Answer | undefined> {
    for (let attempt = 1; attempt <= attempts && !this.#closed; attempt++) {
      const sentAt = this.#options.clock.elapsed()
      try {
        const answer = read(await this.once(name, args))
        this.failingSince = undefined
        return answer
      } catch (error) {
        this.failingSince ??= sentAt
        this.failure = codeOf(error)
        onFailure()
      }
      if (attempt < attempts) await this.#pause()
    }
    return undefined
  }

  /** Nothing is repeated any more. */
  close(): void {
    this.#closed = true
  }

  /** 20 to 80 ms; not at once, so that many processes do not press a server that begins anew. */
  #pause(): Promise<void> {
    const { clock, random } = this.#options
    return new Promise((resolve) => {
      clock.schedule(resolve, 20 + 60 * random())
    })
  }
}

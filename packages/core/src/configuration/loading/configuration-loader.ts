/** Loads a configuration, follows it, and hands each new one to those who use it. Keeps what it has if a load fails. */
import { LOAD_RETRY } from '../../defaults.ts'
import { ClosedError, LoadError } from '../../errors.ts'
import { loadHint } from '../../observe/configuration-sentence.ts'
import { captureContext } from '../../primitives/async-context.ts'
import type { Clock, Timer } from '../../primitives/clock.ts'
import { FetchFailed } from '../fetch-json.ts'
import type { LastGoodFile } from './last-good-file.ts'
import type { LoadedConfiguration } from './loaded-configuration.ts'
import type { ReadConfiguration } from './portal-reader.ts'

/** One who uses the configuration. Methods never throw. */
export interface ConfigurationUser {
  /**
   * Called after each load, also if nothing has changed.
   *
   * @returns the ids of services whose newest version cannot be used; rejects with a ConfigError if none can.
   */
  use(configuration: LoadedConfiguration): Promise<ReadonlySet<string | undefined>>
  /** Called after each load that failed. */
  loadFailed(reason: string): void
  /** There is no configuration after `startTimeoutMs`, or none that this user can use. Loads go on. */
  startFailed(error: Error): void
}

export interface ConfigurationLoaderOptions {
  readonly read: ReadConfiguration
  readonly source: 'portal' | 'file'
  /** The portal's host, or the path of the file. */
  readonly from: string
  /** What was read before; undefined: it is loaded at first. */
  readonly initial?: LoadedConfiguration | undefined
  /** Longest time between two loads, each drawn from its second half; false: loaded once. */
  readonly reloadMs: number | false
  readonly startTimeoutMs: number
  readonly lastGood?: LastGoodFile | undefined
  readonly clock: Clock
  /** Called when the last user has left. */
  readonly onEnd?: (() => void) | undefined
  /** 0 to 1. Default Math.random. */
  readonly random?: (() => number) | undefined
}

/** Reads nothing and starts no timer before its first user. */
export class ConfigurationLoader {
  readonly source: ConfigurationLoaderOptions['source']
  readonly from: string
  readonly #options: ConfigurationLoaderOptions
  readonly #inContext = captureContext()
  readonly #users = new Set<ConfigurationUser>()
  #current: LoadedConfiguration | undefined
  /** The source has been read, and not only the last good file. */
  #loaded = false
  #running: Promise<LoadedConfiguration> | undefined
  /** Ends when the users have taken over what they were given last. */
  #handing: Promise<unknown> = Promise.resolve()
  #next: Promise<LoadedConfiguration> | undefined
  #timer: Timer | undefined
  #deadline: Timer | undefined
  #startFailure: Error | undefined
  #failures = 0
  #lastFailure: Error | undefined

  constructor(options: ConfigurationLoaderOptions) {
    this.source = options.source
    this.from = options.from
    this.#options = options
    this.#current = options.initial
    this.#loaded = options.initial !== undefined
  }

  /** Why there was no configuration in time. */
  get startFailure(): Error | undefined {
    return this.#startFailure
  }

  /** Begins to load, if this is the first user. @returns what ends it. */
  follow(user: ConfigurationUser): () => void {
    this.#users.add(user)
    if (this.#users.size === 1) this.#inContext(() => this.#begin())
    else if (this.#current !== undefined) this.#giveTo(user, this.#current)
    return () => {
      if (!this.#users.delete(user) || this.#users.size > 0) return
      this.#timer?.cancel()
      this.#deadline?.cancel()
      this.#options.onEnd?.()
    }
  }

  /** Loads now, after the load under way. Rejects with a LoadError, or with what a user rejects with. */
  load(): Promise<LoadedConfiguration> {
    this.#next ??= this.#inContext(async () => {
      await this.#running?.catch(() => {})
      this.#next = undefined
      return await this.#start(true)
    })
    return this.#next
  }

  #begin(): void {
    const { clock, startTimeoutMs } = this.#options
    if (!this.#loaded) this.#deadline = clock.schedule(() => void this.#giveUpStart(), startTimeoutMs)
    void this.#start(false).catch(() => {})
  }

  #start(atOnce: boolean): Promise<LoadedConfiguration> {
    this.#timer?.cancel()
    this.#running = this.#load(atOnce).finally(() => {
      this.#running = undefined
    })
    return this.#running
  }

  async #load(atOnce: boolean): Promise<LoadedConfiguration> {
    const { read, reloadMs, random = Math.random } = this.#options
    try {
      const configuration = await read(this.#loaded ? this.#current : undefined, atOnce).catch(unreadable)
      await this.#hand(configuration)
      this.#loaded = true
      this.#startFailure = undefined
      this.#failures = 0
      this.#lastFailure = undefined
      this.#deadline?.cancel()
      if (reloadMs !== false) this.#plan(reloadMs * (1 + random()) * 0.5)
      return configuration
    } catch (error) {
      const retryAfterMs = error instanceof FetchFailed ? error.retryAfterMs : undefined
      const failure = error instanceof FetchFailed ? this.#failureOf(error.code) : (error as Error)
      this.#lastFailure = failure
      if (error instanceof FetchFailed) for (const user of this.#users) user.loadFailed(error.code)
      if (!this.#loaded || reloadMs !== false) {
        const longest = this.#loaded && reloadMs !== false ? reloadMs : LOAD_RETRY.maxMs
        const wait = Math.min(longest, LOAD_RETRY.firstMs * 2 ** Math.min(this.#failures, 30)) * (1 + random()) * 0.5
        this.#plan(Math.max(wait, Math.min(retryAfterMs ?? 0, Math.max(longest, LOAD_RETRY.maxMs))))
      }
      this.#failures += 1
      throw failure
    }
  }

  #hand(configuration: LoadedConfiguration): Promise<void> {
    const handing = this.#give(configuration)
    this.#handing = handing.catch(() => {})
    return handing
  }

  /** Gives a configuration to all users. Rejects if none can use it. */
  async #give(configuration: LoadedConfiguration): Promise<void> {
    if (this.#users.size === 0) throw new ClosedError('the gateway is closed')
    const users = [...this.#users]
    const results = await Promise.allSettled(users.map((user) => user.use(configuration)))
    const used = results.filter((result) => result.status === 'fulfilled')
    for (const [index, result] of results.entries()) {
      if (result.status === 'fulfilled') continue
      if (used.length === 0) throw result.reason
      users[index]!.startFailed(result.reason)
    }
    const isNew = configuration !== this.#current
    this.#current = configuration
    // Those who came meanwhile were given the one before, or none.
    for (const user of this.#users) if (!users.includes(user)) this.#giveTo(user, configuration)
    if (!isNew || configuration.source !== 'portal') return
    const unusable = new Set(used.flatMap(({ value }) => [...value]))
    await this.#options.lastGood?.write(configuration, unusable)
  }

  #giveTo(user: ConfigurationUser, configuration: LoadedConfiguration): void {
    void user.use(configuration).catch((error) => user.startFailed(error))
  }

  #plan(delayMs: number): void {
    if (this.#users.size === 0) return
    this.#timer = this.#options.clock.schedule(() => void this.#start(false).catch(() => {}), delayMs)
  }

  async #giveUpStart(): Promise<void> {
    const { lastGood } = this.#options
    let failure = this.#lastFailure ?? this.#failureOf('ERR_THREESCALE_TIMEOUT')
    try {
      const configuration = await lastGood?.read()
      if (await this.#isServed()) return
      if (configuration !== undefined) return await this.#hand(configuration)
    } catch (error) {
      const why = error instanceof FetchFailed ? error.code : 'unusable'
      failure = new LoadError(`${failure.message}; the last good file cannot be used either (${why})`, why)
    }
    if (await this.#isServed()) return
    this.#startFailure = failure
    for (const user of this.#users) user.startFailed(failure)
  }

  /** Whether there is a configuration, once one that is being taken over has been. */
  async #isServed(): Promise<boolean> {
    await this.#handing
    return this.#current !== undefined
  }

  #failureOf(reason: string): LoadError {
    return new LoadError(`the configuration cannot be loaded from ${this.from} (${reason}${loadHint(reason)})`, reason)
  }
}

/** What no source should cause, a document that is nested too deeply for example, is a failure like the others. */
function unreadable(error: unknown): never {
  throw error instanceof FetchFailed ? error : new FetchFailed('unreadable')
}

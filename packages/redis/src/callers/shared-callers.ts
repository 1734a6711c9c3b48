/** What a fleet knows of callers. A caller is named by an HMAC; its credentials never leave this process. */
import type { Clock, StoredCaller, StoredCallers } from '@threescale/core'
import type { Link } from '../wire/link.ts'
import { callerText, readCaller } from './caller-text.ts'

/** How long the others wait for the answer of the process that asks, in milliseconds. */
const QUESTION_MS = 2000
/** Between two looks while another process asks, in milliseconds. */
const LOOK_MS = 50
/** The most callers of an application that its answers renew: one key can be written in any number of ways. */
const MAX_CALLERS = 512
/** How long it is remembered which callers an application has, in milliseconds. */
const KEEP_MS = 90_000_000

export interface SharedCallersOptions {
  readonly ttlMs: number
  readonly staleMs: number
  readonly denialTtlMs: number
  readonly waitMs: number
  readonly clock: Clock
  /** The store's time. */
  readonly time: () => number
  /** Makes the name of a text, which only this fleet can make. */
  readonly nameOf: (text: string) => string
  /** The way to the partition of a name or application. */
  readonly linkOf: (name: string) => Link
}

interface Found {
  readonly caller: StoredCaller | undefined
  readonly ask: boolean
}

export class SharedCallers implements StoredCallers {
  readonly #options: SharedCallersOptions

  constructor(options: SharedCallersOptions) {
    this.#options = options
  }

  async find(text: string): Promise<Found> {
    const { clock, waitMs, nameOf, linkOf } = this.#options
    const name = nameOf(text)
    if (linkOf(name).isDown) return { caller: undefined, ask: true }
    const until = clock.elapsed() + waitMs
    try {
      for (;;) {
        const found = await this.#look(name)
        if (found !== undefined) return found
        if (clock.elapsed() >= until) return { caller: undefined, ask: true }
        await new Promise<void>((resolve) => {
          clock.schedule(resolve, LOOK_MS)
        })
      }
    } catch {
      return { caller: undefined, ask: true }
    }
  }

  accepted(
    text: string,
    {
      application,
      key,
      askedAt,
    }: { readonly application: string; readonly key: string | undefined; readonly askedAt: number },
  ): void {
    const name = this.#options.nameOf(text)
    this.#accept(name, application, askedAt)
    if (key === undefined) return
    const keys = `k:${application}`
    this.#tell(application, 'HSET', keys, name, this.#nameOfKey(application, key))
    this.#tell(application, 'PEXPIRE', keys, String(KEEP_MS))
  }

  denied(
    text: string,
    { code, reason, askedAt }: { readonly code: string; readonly reason: string; readonly askedAt: number },
  ): void {
    const name = this.#options.nameOf(text)
    const value = callerText({ application: undefined, denial: { code, reason }, askedAt })
    this.#tell(name, 'SET', `i:${name}`, value, 'PX', String(this.#options.denialTtlMs))
  }

  unanswered(text: string): void {
    const name = this.#options.nameOf(text)
    this.#tell(name, 'DEL', `q:${name}`)
  }

  keep(application: string, keys: readonly string[], askedAt: number): void {
    void this.#keep(application, new Set(keys.map((key) => this.#nameOfKey(application, key))), askedAt)
  }

  async #keep(application: string, kept: ReadonlySet<string>, askedAt: number): Promise<void> {
    const link = this.#options.linkOf(application)
    let names: [string, string][]
    try {
      names = pairsOf(await link.attempt(() => link.runner.command('HGETALL', `k:${application}`)))
    } catch {
      return
    }
    let renewed = 0
    for (const [name, key] of names) {
      const isGood = kept.has(key)
      if (isGood) renewed += 1
      if (isGood && renewed <= MAX_CALLERS) this.#accept(name, application, askedAt)
      else {
        if (!isGood) this.#tell(name, 'DEL', `i:${name}`)
        this.#tell(application, 'HDEL', `k:${application}`, name)
      }
    }
  }

  /** Undefined: another process asks about an unknown caller. */
  async #look(name: string): Promise<Found | undefined> {
    const { ttlMs, staleMs, time, linkOf } = this.#options
    const link = linkOf(name)
    const caller = readCaller(await link.attempt(() => link.runner.command('GET', `i:${name}`)))
    const age = caller === undefined ? Number.POSITIVE_INFINITY : time() - caller.askedAt
    if (caller !== undefined && (caller.denial !== undefined || age <= ttlMs)) return { caller, ask: false }
    const known = age <= staleMs ? caller : undefined
    const question = ['1', 'NX', 'PX', String(QUESTION_MS)]
    const won = await link.attempt(() => link.runner.command('SET', `q:${name}`, ...question))
    if (won !== null && won !== undefined) return { caller: known, ask: true }
    return known === undefined ? undefined : { caller: known, ask: false }
  }

  #accept(name: string, application: string, askedAt: number): void {
    const value = callerText({ application, denial: undefined, askedAt })
    this.#tell(name, 'SET', `i:${name}`, value, 'PX', String(this.#options.staleMs))
  }

  #nameOfKey(application: string, key: string): string {
    return this.#options.nameOf(`key ${application.length}:${application}${key}`)
  }

  /** What is lost is found out by the next question. */
  #tell(where: string, command: string, key: string, ...args: string[]): void {
    const link = this.#options.linkOf(where)
    link.attempt(() => link.runner.command(command, key, ...args)).catch(() => {})
  }
}

/** The answer of HGETALL: a list of fields and values, an object or a Map, as the client has it. */
function pairsOf(answer: unknown): [string, string][] {
  if (answer instanceof Map) return [...answer]
  if (!Array.isArray(answer)) return Object.entries((answer ?? {}) as Record<string, string>)
  return answer.flatMap((field, i) => (i % 2 === 0 ? [[String(field), String(answer[i + 1])] as [string, string]] : []))
}

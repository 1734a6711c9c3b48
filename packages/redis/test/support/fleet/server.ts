/** Redis as a fleet sees it: the model behind a wire that loses, delays and repeats, and servers that die. */
import { createHash } from 'node:crypto'
import type { ScriptSettings } from '../../../src/scripts/scripts.ts'
import type { ModelState } from '../model/model-state.ts'
import { StoreModel } from '../model/store-model.ts'
import type { EventQueue } from './event-queue.ts'

export interface WireFaults {
  /** Whether single commands are lost, delayed or reset. */
  readonly faults: boolean
  /** What a failover may lose, in milliseconds. */
  readonly lossMs: number
}

/** A real server that is given the same commands, and has to give the same answers. */
export interface Mirror {
  exec(script: string, t: number, args: readonly string[]): Promise<unknown>
  /** All keys. */
  copy(): Promise<unknown>
  /** Goes back to a copy; undefined: to no keys. */
  restore(copy: unknown): Promise<void>
}

const PREFIX = /^\{.*\}:/

export class Server {
  readonly model: StoreModel
  /** No faults any more. */
  calm = false
  /** How far its clock is ahead. */
  skewMs = 0
  commands = 0
  readonly #queue: EventQueue
  readonly #random: () => number
  readonly #options: WireFaults
  #downUntil = 0
  #copies: { readonly at: number; readonly state: ModelState; readonly mirrored: unknown }[] = []
  readonly #mirror: Mirror | undefined
  /** The first answer that differs, in words. */
  difference: string | undefined
  #runs = 1
  readonly #scripts = new Map<string, string>()

  constructor(
    queue: EventQueue,
    random: () => number,
    settings: Partial<ScriptSettings>,
    options: WireFaults,
    mirror?: Mirror,
  ) {
    this.#queue = queue
    this.#random = random
    this.#options = options
    this.model = new StoreModel(settings)
    this.#mirror = mirror
  }

  get isDown(): boolean {
    return this.#queue.now < this.#downUntil
  }

  /** Answers nothing for so long. */
  down(ms: number): void {
    this.#downUntil = Math.max(this.#downUntil, this.#queue.now + ms)
  }

  /** Notes what another server would know, if this one died now. */
  async copy(): Promise<void> {
    const { now } = this.#queue
    this.#copies.push({ at: now, state: this.model.state.copy(), mirrored: await this.#mirror?.copy() })
    while (this.#copies.length > 2 && this.#copies[0]!.at < this.#queue.now - 1.5 * this.#options.lossMs) {
      this.#copies.shift()
    }
  }

  /** Another server takes over, with what it knew at some moment of the last second. @returns that moment. */
  async failOver(): Promise<number | undefined> {
    if (this.#copies.length === 0) return undefined
    const { at, state, mirrored } = this.#copies[Math.floor(this.#random() * this.#copies.length)]!
    this.model.state.restore(state)
    await this.#mirror?.restore(mirrored)
    this.#another()
    return at
  }

  /** A server begins without any data. */
  async empty(): Promise<void> {
    this.model.state.empty()
    await this.#mirror?.restore(undefined)
    this.#another()
  }

  /**
   * Sends a command.
   *
   * @param cut until when the caller's network is cut, by the time of the queue.
   */
  send(command: readonly string[], cut: () => number): Promise<unknown> {
    const random = this.#random
    return new Promise((resolve, reject) => {
      const after = (ms: number, task: () => unknown) => this.#queue.after(ms, task)
      if (this.isDown || this.#queue.now < cut()) {
        after(random() * 5, () => reject(new Error('connect ECONNREFUSED')))
        return
      }
      const fault =
        this.calm || !this.#options.faults || random() < 0.96 ? undefined : FAULTS[Math.floor(random() * FAULTS.length)]
      const sentTo = this.#runs
      const there = fault === 'slow' ? random() * 4000 : hop(random)
      const back = fault === 'slow answer' ? random() * 4000 : hop(random)
      if (fault === 'lost request') return
      if (fault === 'reset' && random() < 0.5) {
        after(there, () => reject(new Error('read ECONNRESET')))
        return
      }
      after(there, async () => {
        // What was on its way to the old server never reaches the new one.
        if (this.isDown || this.#runs !== sentTo) return
        const answer = await this.#exec(command)
        if (fault === 'lost answer') return
        if (fault === 'reset') after(random() * 2, () => reject(new Error('read ECONNRESET')))
        else after(back, () => (answer instanceof Error ? reject(answer) : resolve(answer)))
      })
    })
  }

  #another(): void {
    this.#runs += 1
    this.model.runId = `a${this.#runs}`
    this.#copies = []
    this.#scripts.clear()
  }

  async #exec(command: readonly string[]): Promise<unknown> {
    const [name, ...args] = command as [string, ...string[]]
    if (name === 'GET') return this.model.state.layouts.get(args[0]!.replace(PREFIX, '').slice(2)) ?? null
    if (name !== 'EVAL' && name !== 'EVALSHA') return ''
    if (name === 'EVAL') this.#learn(args[0]!)
    const script = this.#scripts.get(name === 'EVAL' ? hashOf(args[0]!) : args[0]!)
    if (script === undefined) return new Error('NOSCRIPT No matching script.')
    this.commands += 1
    return await this.#run(script, Math.floor(this.#queue.now + this.skewMs), args.slice(4))
  }

  async #run(script: string, t: number, args: string[]): Promise<unknown> {
    const answer = this.model.exec(script, t, args)
    if (this.#mirror === undefined) return answer
    if (script === 'sync') args[4] = this.model.runId
    const mirrored = await this.#mirror.exec(script, t, args)
    const [one, other] = [answer, mirrored].map((value) => textOf(script, value))
    if (one !== other) this.difference ??= `${script} ${args.join(' ')}: model ${one}, Lua ${other}`
    return answer
  }

  #learn(text: string): void {
    const script = SCRIPTS.find((known) => text.includes(`-- ARGV: t, ${FIRST_WORDS[known]}`))!
    this.#scripts.set(hashOf(text), script)
  }
}

/** Rows are in the order of a hash. */
function textOf(script: string, answer: unknown): string {
  if (!Array.isArray(answer)) return String(answer)
  const texts = answer.map(String)
  if (script !== 'take') return texts.join(' ')
  const rows = Array.from({ length: (texts.length - 2) / 3 }, (_, i) => texts.slice(2 + 3 * i, 5 + 3 * i).join(' '))
  return [texts[0], texts[1], ...rows.sort()].join(', ')
}

function hashOf(text: string): string {
  return createHash('sha1').update(text).digest('hex')
}

const FAULTS = ['lost request', 'lost answer', 'slow', 'slow answer', 'reset'] as const
const SCRIPTS = ['sync', 'apply', 'take', 'settle'] as const
/** By what the scripts' texts are told apart. */
const FIRST_WORDS = { sync: 'process,', apply: 'application,', take: 'batch ->', settle: 'batch, state' } as const

function hop(random: () => number): number {
  return 0.1 + random() * (random() < 0.9 ? 2 : 40)
}

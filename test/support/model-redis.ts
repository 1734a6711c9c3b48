/** A Redis in this process that knows the scripts of `@threescale/redis` by their model, on a clock that tests move. */
import { createHash } from 'node:crypto'
import type { Clock } from '../../packages/core/src/primitives/clock.ts'
import type { ScriptSettings } from '../../packages/redis/src/scripts/scripts.ts'
import { StoreModel } from '../../packages/redis/test/support/model/store-model.ts'

const SCRIPTS = { sync: 'process,', apply: 'application,', take: 'batch ->', settle: 'batch, state' } as const

interface Value {
  readonly text: string
  readonly until: number
}

export class ModelRedis {
  readonly model: StoreModel
  readonly #clock: Clock
  readonly #scripts = new Map<string, string>()
  readonly #texts = new Map<string, Value>()
  readonly #hashes = new Map<string, Map<string, string>>()

  constructor(clock: Clock, settings: Partial<ScriptSettings> = {}) {
    this.#clock = clock
    this.model = new StoreModel(settings)
  }

  /** As `send` of `redisStore`. */
  readonly send = async (command: readonly string[]): Promise<unknown> => {
    await undefined
    const answer = this.#exec(command)
    if (answer instanceof Error) throw answer
    return answer
  }

  #exec([name, ...args]: readonly string[]): unknown {
    const [key, ...more] = args as [string, ...string[]]
    switch (name) {
      case 'EVAL':
        this.#learn(key)
        return this.#run(hashOf(key), more.slice(3))
      case 'EVALSHA':
        return this.#run(key, more.slice(3))
      case 'GET':
        return this.model.state.layouts.get(key.replace(/^.*:l:/, '')) ?? this.#text(key)?.text ?? null
      case 'SET':
        return this.#set(key, more)
      case 'DEL':
        return Number(this.#texts.delete(key))
      case 'HSET':
        this.#hash(key).set(more[0]!, more[1]!)
        return 1
      case 'HDEL':
        return Number(this.#hash(key).delete(more[0]!))
      case 'HGETALL':
        return [...this.#hash(key)].flat()
      default:
        return ''
    }
  }

  #set(key: string, [text, ...options]: readonly string[]): string | null {
    if (options.includes('NX') && this.#text(key) !== undefined) return null
    const lasts = options.indexOf('PX')
    const until = lasts === -1 ? Number.POSITIVE_INFINITY : this.#clock.now() + Number(options[lasts + 1])
    this.#texts.set(key, { text: text!, until })
    return 'OK'
  }

  #text(key: string): Value | undefined {
    const value = this.#texts.get(key)
    return value === undefined || value.until <= this.#clock.now() ? undefined : value
  }

  #hash(key: string): Map<string, string> {
    let hash = this.#hashes.get(key)
    if (hash === undefined) {
      hash = new Map()
      this.#hashes.set(key, hash)
    }
    return hash
  }

  #run(hash: string, args: readonly string[]): unknown {
    const script = this.#scripts.get(hash)
    if (script === undefined) return new Error('NOSCRIPT No matching script.')
    // Whole, as a server tells it; timers of the test's clock may be due in between.
    return this.model.exec(script, Math.floor(this.#clock.now()), args)
  }

  #learn(text: string): void {
    for (const [script, words] of Object.entries(SCRIPTS)) {
      if (text.includes(`-- ARGV: t, ${words}`)) this.#scripts.set(hashOf(text), script)
    }
  }
}

function hashOf(text: string): string {
  return createHash('sha1').update(text).digest('hex')
}

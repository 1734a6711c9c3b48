/** Random commands of a small fleet, as processes could send them: valid, but in any order and at any time. */

/** 0 to 1. */
export type Random = () => number

export interface RandomCommand {
  readonly script: 'sync' | 'apply' | 'take' | 'settle'
  /** Epoch milliseconds. */
  readonly t: number
  readonly args: string[]
}

const MINUTE = 60_000
const BEGIN = Date.UTC(2026, 0, 15, 10, 20, 30)
const METRICS = ['hits', 'searches', 'a|b']
const PROCESSES = ['p1', 'p2', 'p3']
const APPLICATIONS = ['one', 'two', 'a|3']
const LAYOUTS = ['', 'v1', 'v2']

/** The whole schedule hangs on `random`. */
export class RandomCommands {
  readonly #random: Random
  readonly #seqs = new Map<string, number>()
  readonly #batches: string[] = []
  #repeated: string[] | undefined
  #t = BEGIN
  #server = 1

  constructor(random: Random) {
    this.#random = random
  }

  next(): RandomCommand {
    this.#pass()
    const kind = this.#random()
    if (kind < 0.5) return { script: 'sync', t: this.#t, args: this.#sync() }
    if (kind < 0.75) return { script: 'apply', t: this.#t, args: this.#apply() }
    if (kind < 0.85) return { script: 'take', t: this.#t, args: [this.#batch(0.7)] }
    return { script: 'settle', t: this.#t, args: this.#settle() }
  }

  #below(n: number): number {
    return Math.floor(this.#random() * n)
  }

  #one<Item>(items: readonly Item[]): Item {
    return items[this.#below(items.length)]!
  }

  /** Mostly a moment, sometimes minutes, now and then backwards. */
  #pass(): void {
    const r = this.#random()
    if (r < 0.7) this.#t += this.#below(400)
    else if (r < 0.84) this.#t += this.#below(15_000)
    else if (r < 0.92) this.#t += this.#below(90_000)
    else if (r < 0.93) this.#t += this.#below(2 * 3_600_000)
    else this.#t -= this.#below(6000)
  }

  #sync(): string[] {
    if (this.#repeated !== undefined && this.#random() < 0.15) return this.#repeated
    const process = this.#one(PROCESSES)
    // Sometimes one is missing, as after a failover.
    const seq = (this.#seqs.get(process) ?? 0) + (this.#random() < 0.97 ? 1 : 2)
    this.#seqs.set(process, seq)
    const acked = this.#random() < 0.7 ? 0 : this.#t + this.#below(2000) - 1000
    const beat = this.#one(['0', '0', '1', '1', '2'])
    const shapes = Array.from({ length: 1 + this.#below(3) }, () => this.#shape())
    const args = [process, String(seq), String(acked), beat, this.#run(), String(shapes.length), ...shapes.flat()]
    const books = this.#below(3)
    args.push(String(books))
    for (let group = this.#below(3) + books; group > 0; group--) {
      const applications = Array.from({ length: 1 + this.#below(3) }, () => this.#one(APPLICATIONS))
      const n = this.#random() < 0.2 ? -1 - this.#below(3) : this.#below(4)
      args.push(String(1 + this.#below(shapes.length)), String(n), String(applications.length), ...applications)
    }
    this.#repeated = args
    return args
  }

  /** The run id of the server; now and then another one answers. */
  #run(): string {
    if (this.#random() < 0.06) this.#server += 1
    return `a${this.#server}`
  }

  #minute(): number {
    return Math.floor(this.#t / MINUTE) * MINUTE - (this.#random() < 0.2 ? MINUTE : 0)
  }

  #shape(): string[] {
    const minute = this.#minute()
    const cells = METRICS.slice(0, this.#below(3)).flatMap((metric) => {
      const [period, length] = this.#random() < 0.6 ? ['minute', MINUTE] : ['hour', 60 * MINUTE]
      const end = Math.floor(minute / (length as number)) * (length as number) + (length as number)
      return [[`${period}/${metric}|${end}`, String(end), String(this.#below(3)), String(3 + this.#below(8))]]
    })
    const sign = this.#random() < 0.2 ? '*' : '+'
    const code = sign === '+' && this.#random() < 0.2 ? '.404' : ''
    const amounts = METRICS.slice(0, this.#below(3)).map((metric) => [
      `${sign}${minute}${code}|${metric}`,
      String(1 + this.#below(3)),
    ])
    return [this.#one(LAYOUTS), String(cells.length), ...cells.flat(), String(amounts.length), ...amounts.flat()]
  }

  #apply(): string[] {
    const v = this.#one(LAYOUTS.slice(1))
    const reports = METRICS.slice(0, this.#below(3)).flatMap((metric) => {
      const [period, length] = this.#random() < 0.6 ? ['minute', MINUTE] : ['hour', 60 * MINUTE]
      const start =
        Math.floor((this.#t + (this.#random() < 0.05 ? MINUTE : 0)) / (length as number)) * (length as number)
      const covers = METRICS.filter((other) => other === metric || this.#random() < 0.3)
      const times = [start, start + (length as number), this.#below(12)].map(String)
      return [[`${period}/${metric}`, ...times, String(covers.length), ...covers]]
    })
    const asked = this.#t - this.#below(this.#random() < 0.4 ? 90_000 : 300)
    return [
      this.#one(APPLICATIONS),
      String(asked),
      v,
      `text of ${v}`,
      this.#one(LAYOUTS),
      String(reports.length),
      ...reports.flat(),
    ]
  }

  #batch(fresh: number): string {
    if (this.#batches.length === 0 || this.#random() < fresh)
      this.#batches.push(`${this.#one([...PROCESSES, 'dead'])}:${this.#batches.length}`)
    return this.#batches[Math.max(0, this.#batches.length - 1 - this.#below(4))]!
  }

  #settle(): string[] {
    const to = this.#one([
      'taken',
      'flight',
      'flight',
      'acked',
      'acked',
      'back',
      'ambiguous',
      'ambiguous',
      'told',
      'gone',
    ])
    const restore = to === 'back' || to === 'gone' ? '' : this.#one(['', '', '', 'part', 'sub', 'keep'])
    const rows = Array.from({ length: restore === '' ? 0 : 1 + this.#below(2) }, () => [
      this.#one(APPLICATIONS),
      `${this.#minute()}|${this.#one(METRICS)}`,
      String(1 + this.#below(4)),
    ])
    const id = this.#batch(0.1)
    return [this.#random() < 0.3 ? `${id}/${this.#below(2)}` : id, to, restore, ...rows.flat()]
  }
}

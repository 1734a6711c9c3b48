/** The batches that this process reports: what it took from the store, and what became of it. */
import type { BatchState, StoredBatch, StoredRow, UsageShape } from '@threescale/core'
import type { SessionParts } from './parts.ts'
import { SESSION } from './settings.ts'
import { SharedApplication } from './shared-application.ts'

const TAKE_ATTEMPTS = 20
const FLIGHT_ATTEMPTS = 8
const PART_ATTEMPTS = 20

/** Nothing more becomes of a batch. */
const DONE: ReadonlySet<string> = new Set(['acked', 'back', 'gone', 'told'] satisfies BatchState[])

interface Batch extends StoredBatch {
  rows: readonly StoredRow[]
  /** application, minute|metric, n; as the scripts have them. */
  texts: readonly string[]
  /** How many parts were made of it. */
  parts: number
  state: BatchState | 'taken' | 'orphan'
  /** When it came to be in this state, by elapsed time. */
  at: number
}

export class Reports {
  readonly #parts: SessionParts
  /** Those with a state that the server may lack. */
  #batches = new Map<string, Batch>()
  #taken = 0
  readonly #metrics = new Map<string, UsageShape>()

  constructor(parts: SessionParts) {
    this.#parts = parts
  }

  /** Whether a batch has no outcome yet. */
  get busy(): boolean {
    for (const { state } of this.#batches.values()) if (state === 'taken' || state === 'flight') return true
    return false
  }

  /** Whether the batch is one of these. */
  has({ id }: StoredBatch): boolean {
    return this.#batches.has(id)
  }

  async take(process: string): Promise<StoredBatch | undefined> {
    const { link, clock } = this.#parts
    const sentAt = clock.elapsed()
    this.#taken += 1
    const id = `${process}:${this.#taken}`
    const taken = await link.repeat('take', [id], readTaken, TAKE_ATTEMPTS)
    if (taken === undefined || taken.texts.length === 0) return undefined
    const { more, orphan, texts, proved } = taken
    const isOrphaned = orphan !== ''
    // It is handed out again, unless it is said in time what becomes of it.
    if (isOrphaned && this.#isLate(sentAt)) return undefined
    const batch: Batch = {
      id: isOrphaned ? orphan : id,
      rows: rowsOf(texts),
      more,
      isOrphaned,
      proved,
      texts,
      state: isOrphaned ? 'orphan' : 'taken',
      at: clock.elapsed(),
      parts: 0,
    }
    this.#batches.set(batch.id, batch)
    if (this.#isLate(sentAt)) {
      void this.#tell(batch, 'back')
      return undefined
    }
    return batch
  }

  async settle({ id }: StoredBatch, to: BatchState): Promise<boolean> {
    const batch = this.#batches.get(id)
    if (batch === undefined) return to !== 'flight'
    if (to !== 'flight') return this.#tell(batch, to)
    const { link, clock } = this.#parts
    const sentAt = clock.elapsed()
    const answer = await link.repeat('settle', [id, 'flight', ''], String, FLIGHT_ATTEMPTS)
    if (answer === 'no' || answer === 'lost') {
      this.#batches.delete(id)
      return false
    }
    // Without a confirmation in time it may be taken for a dead reporter's.
    if (answer !== 'ok' || this.#isLate(sentAt)) {
      void this.#tell(batch, 'back')
      return false
    }
    batch.state = 'flight'
    return true
  }

  async part({ id }: StoredBatch, rows: readonly StoredRow[]): Promise<StoredBatch | undefined> {
    const batch = this.#batches.get(id)
    if (batch === undefined || (batch.state !== 'taken' && batch.state !== 'flight')) return undefined
    const names = new Set(rows.map(nameOf))
    const isMoved = (i: number) => names.has(nameOf(batch.rows[Math.floor(i / 3)]!))
    const texts = batch.texts.filter((_, i) => isMoved(i))
    batch.parts += 1
    const { state, more, proved } = batch
    const part = {
      id: `${id}/${batch.parts}`,
      rows: rowsOf(texts),
      more,
      isOrphaned: false,
      proved,
      texts,
      state,
      at: this.#parts.clock.elapsed(),
      parts: 0,
    }
    const { link } = this.#parts
    const args = [part.id, state, 'part', ...texts]
    const answer = await link.repeat('settle', args, String, PART_ATTEMPTS)
    const moved = () => {
      batch.texts = batch.texts.filter((_, i) => !isMoved(i))
      batch.rows = rowsOf(batch.texts)
      this.#batches.set(part.id, part)
    }
    if (answer === 'ok') moved()
    // The server may have made it all the same, and then it goes back.
    else if (answer === undefined) {
      void link.repeat('settle', args, String).then((late) => {
        if (late !== 'ok') return
        moved()
        void this.#tell(part, 'back')
      })
    }
    return answer === 'ok' ? part : undefined
  }

  /**
   * Tells the outcomes of the last seconds again to a server that may lack them.
   *
   * @param restore 'sub': the rows of a batch that it does not know wait there again; 'keep': they are lost there.
   */
  async settleAgain(restore: 'sub' | 'keep'): Promise<void> {
    const { link, clock } = this.#parts
    const since = clock.elapsed() - SESSION.settledMs
    const again = [...this.#batches.values()].filter(
      ({ state, at }) => state !== 'taken' && state !== 'orphan' && at > since,
    )
    // The newest first: a part has to leave the batch that it is a part of before that is settled.
    for (const { id, state, texts } of again.reverse()) {
      const isDone = state === 'back' || state === 'gone'
      await link.repeat('settle', [id, state, ...(isDone ? [''] : [restore, ...texts])], String)
    }
  }

  /** Forgets the batches that have an outcome, and that no server can lack any more. */
  forgetOld(): void {
    const old = this.#parts.clock.elapsed() - 2 * SESSION.settledMs
    for (const [id, { at, state }] of this.#batches) {
      if (at <= old && DONE.has(state)) this.#batches.delete(id)
    }
  }

  #isLate(sentAt: number): boolean {
    return this.#parts.clock.elapsed() - sentAt > SESSION.flightMs / 2
  }

  async #tell(batch: Batch, to: BatchState): Promise<boolean> {
    const { link, clock } = this.#parts
    batch.state = to
    batch.at = clock.elapsed()
    const { id, texts } = batch
    let answer = await link.repeat('settle', [id, to, ''], String)
    // The server went back to before the take. What is put back waits there again anyway.
    if (answer === 'lost' && to !== 'back' && to !== 'gone') {
      answer = await link.repeat('settle', [id, to, 'sub', ...texts], String)
    }
    if (answer === 'ok' && to === 'back') this.#keep(batch)
    if (answer === 'no') this.#batches.delete(id)
    return answer !== 'no'
  }

  /** What was put back is in the store alone: kept as a booking of ours, for a server that is emptied. */
  #keep({ rows }: Batch): void {
    const { retained, shapes, time } = this.#parts
    const bookings = rows.map(({ application, minute, metric, amount }) => {
      const shape = shapes.of(undefined, this.#usageOf(metric), minute, 'counted')
      return { application: new SharedApplication(application), shape, n: amount }
    })
    retained.add(0, time.now(), bookings)
  }

  #usageOf(metric: string): UsageShape {
    let usage = this.#metrics.get(metric)
    if (usage === undefined) {
      usage = Object.freeze({ usage: Object.freeze({ [metric]: 1 }), metrics: [metric], amounts: [1] })
      this.#metrics.set(metric, usage)
    }
    return usage
  }
}

interface Taken extends Pick<StoredBatch, 'more' | 'proved'> {
  /** The name of the batch, if it was a dead process's; otherwise ''. */
  readonly orphan: string
  readonly texts: readonly string[]
}

function readTaken(answer: unknown): Taken {
  if (!Array.isArray(answer) || answer.length % 3 !== 2) throw new TypeError('Redis gave an answer that holds no rows')
  const texts: string[] = []
  const proved = new Map<string, number>()
  for (let i = 2; i < answer.length; i += 3) {
    const [application, name, value] = answer.slice(i, i + 3).map(String) as [string, string, string]
    if (name === 'p') proved.set(application, Number(value))
    else texts.push(application, name, value)
  }
  return { more: Number(answer[0]) === 1, orphan: String(answer[1]), texts, proved }
}

/** The same for rows that are the same but for their amounts. */
function nameOf({ application, minute, metric, code }: StoredRow): string {
  return JSON.stringify([application, minute, metric, code])
}

/** The rows of an answer: application, `minute|metric` or `minute.status|metric`, n. */
function rowsOf(texts: readonly string[]): StoredRow[] {
  const rows: StoredRow[] = []
  for (let i = 0; i < texts.length; i += 3) {
    const [application, name, amount] = texts.slice(i, i + 3) as [string, string, string]
    const [, minute, code, metric] = /^(\d+)(?:\.(\d+))?\|([\s\S]*)$/.exec(name)!
    rows.push({
      application,
      minute: Number(minute),
      metric: metric!,
      code: code === undefined ? undefined : Number(code),
      amount: Number(amount),
    })
  }
  return rows
}

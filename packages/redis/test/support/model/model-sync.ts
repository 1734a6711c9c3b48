/** sync in JavaScript. */
import { orphan, settle } from './model-batches.ts'
import type { ModelState } from './model-state.ts'

type Value = string | number

interface Shape {
  readonly v: string
  readonly cells: { readonly field: string; readonly stop: number; readonly need: number; readonly max: number }[]
  readonly amounts: { readonly field: string; readonly amount: number }[]
}

/** @param run the run id of the server. */
export function sync(state: ModelState, t: number, run: string, args: readonly string[]): Value[] {
  const [process, seqText, ackedText, beat] = args as [string, string, string, string]
  const seq = Number(seqText)
  const time = Math.max(t, state.number('floor'))
  const memory = state.memories.get(process)
  const last = memory?.seq ?? 0
  const acked = noteAcked(state, t, process, seq, noteEpoch(state, t, run, seq, Number(ackedText), last, beat))
  const wait = state.recovering(t)
  const out: Value[] = [time, last, state.number('epoch'), 0, 0, 0]
  if (seq <= last) {
    if (seq < last) return out
    const [prev, ...rest] = memory!.rep
    out[1] = prev!
    return [...out, ...rest]
  }
  const answer: Value[] = []
  answerLines(state, t, time, wait, args, answer)
  const now = state.memories.get(process)!
  now.seq = seq
  now.rep = [last, ...answer]
  if (beat !== '0') heartbeat(state, { t, time, wait, process, acked, leaves: beat === '2' }, out)
  return [...out, ...answer]
}

/** Begins a new epoch if the server lacks writes. @returns the epoch that the process has acknowledged. */
function noteEpoch(
  state: ModelState,
  t: number,
  run: string,
  seq: number,
  acked: number,
  last: number,
  beat: string,
): number {
  const { CHECK, SILENT, RECOVER } = state.settings
  const before = state.s.run
  const at = state.number('at')
  let moved = false
  if (beat !== '0' || t - at > CHECK || t < at) {
    moved = run !== before
    state.s.at = t
    state.s.run = run
  }
  const epoch = state.number('epoch')
  if (moved || acked > epoch || (seq - 1 > last && (acked === epoch || state.number('rec') <= t))) {
    if (moved) for (const [other, heard] of state.beat) if (heard < at - SILENT) state.forget(other)
    if (moved) for (const other of state.beat.keys()) state.beat.set(other, t)
    state.s.epoch = Math.max(epoch, acked, t) + 1
    state.s.rec = before !== undefined || seq > 1 ? t + RECOVER : 0
  }
  return acked
}

function noteAcked(state: ModelState, t: number, process: string, seq: number, told: number): number {
  const memory = state.memories.get(process)
  if (memory !== undefined && told <= memory.acked) return memory.acked
  const acked = memory === undefined && seq === 1 ? state.number('epoch') : told
  if (memory === undefined) state.memories.set(process, { seq: 0, acked, rep: [] })
  else memory.acked = acked
  state.ack.set(process, acked)
  state.beat.set(process, t)
  return acked
}

function answerLines(
  state: ModelState,
  t: number,
  time: number,
  wait: boolean,
  args: readonly string[],
  answer: Value[],
): void {
  const { TTL, STALE, ASK, TELL } = state.settings
  const { shapes, next } = readShapes(args)
  const refresh: number[] = []
  for (const [i, { shape, app, times, book }] of readLines(args, shapes, next).entries()) {
    const aged = !book && times < 0
    const wanted = aged ? -times - 1 : times
    const fields = state.applications.get(app)
    const v = fields?.get('v')
    const p = Number(fields?.get('p') ?? 0)
    let n = wanted
    let refused = 0
    if (v !== shape.v && (v !== undefined || !book)) refused = -1
    else if (!book && !aged && t - p > STALE) refused = -2
    else if (!book && wait && shape.cells.length > 0) refused = -3
    else if (!book) {
      n = fitting(shape, fields, wanted, time)
      if (n < 0) refused = n
    }
    answer.push(refused < 0 ? refused : book ? 0 : n)
    if (refused === -1) answer.push(v ?? '')
    if (refused === -1 || shape.cells.length === 0) answer.push(p)
    if (refused === 0) {
      const told = shape.cells.map(({ field, need }) => Number(fields?.get(field) ?? 0) + n * need)
      if (n !== 0) count(state, shape, app, n, time)
      if (!book && (TELL || n < wanted || wanted === 0)) answer.push(...told)
    }
    if (t - p > TTL && t - Number(state.applications.get(app)?.get('a') ?? 0) > ASK) {
      state.application(app).set('a', t)
      refresh.push(i + 1)
    }
  }
  answer.push(...refresh)
}

function fitting({ cells }: Shape, fields: Map<string, Value> | undefined, wanted: number, time: number): number {
  let n = wanted
  for (const { field, stop, need, max } of cells) {
    const count = fields?.get(field)
    if (count === undefined && stop <= time) return -3
    const now = Number(count ?? 0)
    if (now + need > max) n = 0
    else if (need > 0) n = Math.min(n, Math.floor((max - now) / need))
  }
  return n
}

function count(state: ModelState, { cells, amounts }: Shape, app: string, n: number, time: number): void {
  const known = state.applications.get(app)?.has('v') ?? false
  let fresh: string | undefined
  for (const { field, stop, need } of cells) {
    const now = state.applications.get(app)?.get(field)
    if (known && (now !== undefined || stop > time)) state.application(app).set(field, Number(now ?? 0) + n * need)
  }
  for (const { field, amount } of amounts) {
    const was = Number(state.application(app).get(field) ?? 0)
    if (was <= 0) fresh = field
    state.application(app).set(field, was + n * amount)
  }
  if (fresh !== undefined) state.waits(app, fresh.startsWith('*') ? time + state.settings.HELD : time)
}

function heartbeat(
  state: ModelState,
  at: {
    readonly t: number
    readonly time: number
    readonly wait: boolean
    readonly process: string
    readonly acked: number
    readonly leaves: boolean
  },
  out: Value[],
): void {
  const { t, time, wait, process, acked, leaves } = at
  const { FORGET, FLIGHT, INTERVAL } = state.settings
  state.beat.set(process, t)
  state.ack.set(process, acked)
  for (const [other, heard] of state.beat) if (heard < t - FORGET) state.forget(other)
  for (const [id, since] of [...state.open].sort(([, a], [, b]) => a - b)) {
    if (since >= t - FLIGHT) continue
    const batch = state.batches.get(id)!
    if (batch.st === 'taken') settle(state, t, id, 'back', '', [])
    if (batch.st === 'ambiguous' && state.beat.has(/([^/:]+):\d+[/\d]*$/.exec(id)?.[1] ?? '')) state.open.set(id, t)
    else if (batch.st === 'flight' || batch.st === 'ambiguous') {
      if (batch.st === 'flight') state.onDoubt(batch.rows!)
      batch.st = 'orphan'
      state.open.set(id, t - FLIGHT + 2000)
    }
  }
  const oldest = state.waiting.size > 0 ? Math.min(...state.waiting.values()) : undefined
  const due = (oldest !== undefined && oldest <= time - INTERVAL) || orphan(state, t) !== undefined
  if (due && !wait && t >= state.number('takeUntil')) {
    state.s.takeUntil = t + 2000
    out[3] = 1
  } else if ((oldest !== undefined && oldest <= time) || state.open.size > 0) out[3] = 2
  out[4] = state.beat.size
  out[5] = Math.min(oldest ?? time, time)
  if (leaves) state.forget(process)
}

function readShapes(args: readonly string[]): { shapes: Shape[]; next: number } {
  const shapes: Shape[] = []
  let k = 6
  for (let i = Number(args[5]); i > 0; i--) {
    const shape: Shape = { v: args[k]!, cells: [], amounts: [] }
    let n = Number(args[k + 1])
    for (k += 2; n > 0; n--, k += 4) {
      const [stop, need, max] = args.slice(k + 1, k + 4).map(Number) as [number, number, number]
      shape.cells.push({ field: args[k]!, stop, need, max })
    }
    n = Number(args[k])
    for (k += 1; n > 0; n--, k += 2) shape.amounts.push({ field: args[k]!, amount: Number(args[k + 1]) })
    shapes.push(shape)
  }
  return { shapes, next: k }
}

interface ModelLine {
  readonly shape: Shape
  readonly app: string
  readonly times: number
  readonly book: boolean
}

function readLines(args: readonly string[], shapes: readonly Shape[], at: number): ModelLine[] {
  const lines: ModelLine[] = []
  let books = Number(args[at])
  for (let k = at + 1; k < args.length; books--) {
    const [shape, times, size] = args.slice(k, k + 3).map(Number) as [number, number, number]
    for (const app of args.slice(k + 3, k + 3 + size)) {
      lines.push({ shape: shapes[shape - 1]!, app, times, book: books > 0 })
    }
    k += 3 + size
  }
  return lines
}

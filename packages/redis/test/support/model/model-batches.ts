/** take and settle in JavaScript. */
import type { ModelBatch, ModelState } from './model-state.ts'

type Row = string | number

/** The batch of a dead reporter that waits longest to be taken over. */
export function orphan(state: ModelState, t: number): string | undefined {
  return [...state.open]
    .filter(([id, since]) => since < t - state.settings.FLIGHT && state.batches.get(id)?.st === 'orphan')
    .sort(([a, since], [b, other]) => since - other || (a < b ? -1 : 1))[0]?.[0]
}

export function take(state: ModelState, t: number, id: string): Row[] {
  const { HELD, ROWS, APPLICATIONS, INTERVAL, MOST } = state.settings
  const time = Math.max(t, state.number('floor'))
  const more = () =>
    [...state.waiting.values()].some((since) => since <= time - INTERVAL) || orphan(state, t) !== undefined
  const had = state.batches.get(id)
  const answer = (rows: readonly Row[], of = ''): Row[] => {
    const proofs = [...new Set(rows.filter((_, i) => i % 3 === 0).map(String))].flatMap((app) => {
      const p = state.applications.get(app)?.get('p')
      return p === undefined ? [] : [app, 'p', p]
    })
    return [Number(more()), of, ...rows, ...proofs]
  }
  if (had !== undefined) return answer(had.st === 'taken' ? had.rows! : [])
  const mine = [...state.open.keys()].find((open) => open.endsWith(`/${id}`))
  if (mine !== undefined) return answer(state.batches.get(mine)!.rows!, mine)
  const from = orphan(state, t)
  if (from !== undefined) {
    state.s.takeUntil = 0
    return answer(adopt(state, t, from, `${from}/${id}`), `${from}/${id}`)
  }

  const rows: Row[] = []
  const due = [...state.waiting]
    .filter(([, since]) => since <= time + 60_000)
    .sort(([a, since], [b, other]) => since - other || (a < b ? -1 : 1))
    .slice(0, APPLICATIONS)
  for (const [app, since] of due) {
    let next: number | undefined
    const fields = state.application(app)
    for (const [field, value] of [...fields]) {
      const parts = /^([+*])(\d+)(.*)$/.exec(field)
      if (parts === null) continue
      const [, sign, digits] = parts
      const minute = Number(digits)
      const n = Number(value)
      if (sign === '*' && minute > t - HELD && n !== 0) {
        next = Math.min(next ?? Number.POSITIVE_INFINITY, minute + HELD)
      } else if (n > 0 && rows.length >= 3 * ROWS) {
        next = since
      } else {
        const sent = `-${id}|${field.slice(1)}`
        const sum = Number(fields.get(sent) ?? 0)
        const part = Math.min(n, MOST - sum)
        if (part > 0) {
          rows.push(app, field.slice(1), part)
          fields.set(sent, sum + part)
        }
        if (n > 0 && part < n) {
          fields.set(field, n - part)
          next = since
        } else if (n >= 0 || minute < t - 120_000) {
          if (n < 0) state.onDropped(field.slice(1), n)
          fields.delete(field)
        }
      }
    }
    if (fields.size === 0) state.applications.delete(app)
    if (next === undefined) state.waiting.delete(app)
    else state.waiting.set(app, next)
    if (rows.length >= 3 * ROWS) break
  }
  state.s.takeUntil = 0
  if (rows.length > 0) {
    state.batches.set(id, { st: 'taken', at: t, rows })
    state.open.set(id, t)
  }
  return answer(rows)
}

export function settle(state: ModelState, t: number, id: string, to: string, restore: string, rows: Row[]): string {
  let batch = state.batches.get(id)
  if (batch === undefined && restore !== '') batch = make(state, t, id, restore, rows)
  if (batch === undefined) return 'lost'
  if (batch.st === 'moved') return 'no'
  if (batch.st === 'acked') return to === 'flight' ? 'no' : 'ok'
  if (to === 'flight' && batch.st !== 'taken' && batch.st !== 'flight') return 'no'
  if (to === 'back' || to === 'gone') {
    const kept = batch.rows!
    for (let i = 0; i < kept.length; i += 3) {
      const [app, row, n] = [String(kept[i]), String(kept[i + 1]), Number(kept[i + 2])]
      const fields = state.application(app)
      fields.delete(`-${id}|${row}`)
      if (to === 'back') state.pend(t, app, `+${row}`, n)
      if (fields.size === 0) state.applications.delete(app)
    }
    state.batches.delete(id)
    state.open.delete(id)
    return 'ok'
  }
  batch.st = to === 'told' ? 'ambiguous' : to
  batch.at = t
  if (to === 'acked' || to === 'told') state.open.delete(id)
  else state.open.set(id, t)
  if (to === 'acked') batch.rows = undefined
  return 'ok'
}

function adopt(state: ModelState, t: number, from: string, to: string): Row[] {
  const dead = state.batches.get(from)!
  const rows = dead.rows!
  for (let i = 0; i < rows.length; i += 3) {
    const fields = state.application(String(rows[i]))
    const sent = `-${to}|${rows[i + 1]}`
    fields.delete(`-${from}|${rows[i + 1]}`)
    fields.set(sent, Number(fields.get(sent) ?? 0) + Number(rows[i + 2]))
  }
  state.batches.set(from, { st: 'moved', at: t, rows: undefined })
  state.open.delete(from)
  state.batches.set(to, { st: 'orphan', at: t, rows })
  state.open.set(to, t)
  return rows
}

function make(state: ModelState, t: number, id: string, restore: string, rows: Row[]): ModelBatch | undefined {
  const parentId = /^(.*)\//.exec(id)?.[1]
  const parent = parentId === undefined ? undefined : state.batches.get(parentId)
  if (parent?.st === 'acked' || parent?.st === 'moved') return parent
  if (parent === undefined && restore === 'part') return undefined
  if (parent !== undefined) leave(state, parentId!, parent, rows)
  for (let i = 0; i < rows.length; i += 3) {
    const [app, row, n] = [String(rows[i]), String(rows[i + 1]), Number(rows[i + 2])]
    if (parent === undefined && restore === 'sub') state.pend(t, app, `+${row}`, -n)
    const fields = state.application(app)
    const sent = `-${id}|${row}`
    fields.set(sent, Number(fields.get(sent) ?? 0) + n)
  }
  const batch: ModelBatch = { st: parent?.st ?? 'flight', at: t, rows }
  state.batches.set(id, batch)
  state.open.set(id, t)
  return batch
}

function leave(state: ModelState, parentId: string, parent: ModelBatch, rows: readonly Row[]): void {
  const keyOf = (list: readonly Row[], i: number) => JSON.stringify([String(list[i]), String(list[i + 1])])
  const moved = new Set<string>()
  for (let i = 0; i < rows.length; i += 3) {
    moved.add(keyOf(rows, i))
    state.application(String(rows[i])).delete(`-${parentId}|${rows[i + 1]}`)
  }
  const had = parent.rows!
  parent.rows = had.filter((_, i) => !moved.has(keyOf(had, i - (i % 3))))
}

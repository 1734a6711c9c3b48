/** One command of a session: what it books, then what it asks. It is repeated unchanged until it is answered. */
import type { Line } from './line.ts'
import type { Booking } from './owed.ts'
import type { Shape } from './shape.ts'

/** A line of requests in a command. */
export interface Ask {
  readonly line: Line
  readonly shape: Shape
  /** How many requests wait; 0: a look. */
  readonly n: number
}

/** '0' only asks, '1' is a heartbeat, '2' a heartbeat of a session that leaves. */
export type Beat = '0' | '1' | '2'

export interface SyncCommand {
  readonly seq: number
  /** The newest epoch that the session knew when it made the command. */
  readonly epoch: number
  readonly beat: Beat
  readonly books: readonly Booking[]
  readonly asks: readonly Ask[]
  /** Whether nothing was left to be booked. */
  readonly booksAll: boolean
}

interface Group {
  readonly shape: Shape
  readonly n: number
  readonly applications: string[]
}

/** The arguments of sync. */
export function syncArguments(
  process: string,
  { seq, beat, books, asks }: SyncCommand,
  acked: number,
): readonly string[] {
  const booked: Group[] = []
  const asked: Group[] = []
  for (const { shape, application, n } of books) addLine(booked, shape, application.id, n)
  for (const { shape, line, n } of asks) addLine(asked, shape, line.application.id, line.aged ? -n - 1 : n)
  const groups = [...booked, ...asked]
  const numbers = new Map<Shape, string>()
  for (const { shape } of groups) if (!numbers.has(shape)) numbers.set(shape, String(numbers.size + 1))
  const args = [process, String(seq), String(acked), beat, '', String(numbers.size)]
  for (const shape of numbers.keys()) args.push(...shape.args)
  args.push(String(booked.length))
  for (const { shape, n, applications } of groups) {
    args.push(numbers.get(shape)!, String(n), String(applications.length), ...applications)
  }
  return args
}

/** Lines of one shape and number are a group, if they come one after the other. */
function addLine(groups: Group[], shape: Shape, application: string, n: number): void {
  const last = groups.at(-1)
  if (last?.shape === shape && last.n === n) last.applications.push(application)
  else groups.push({ shape, n, applications: [application] })
}

/** The same lines, those of one shape and number one after the other. */
export function grouped<Line extends { readonly shape: Shape; readonly n: number }>(lines: readonly Line[]): Line[] {
  const groups = new Map<Shape, Map<number, Line[]>>()
  for (const line of lines) {
    let byNumber = groups.get(line.shape)
    if (byNumber === undefined) {
      byNumber = new Map()
      groups.set(line.shape, byNumber)
    }
    const group = byNumber.get(line.n)
    if (group === undefined) byNumber.set(line.n, [line])
    else group.push(line)
  }
  return [...groups.values()].flatMap((byNumber) => [...byNumber.values()].flat())
}

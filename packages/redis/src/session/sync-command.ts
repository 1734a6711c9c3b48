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

/** The arguments of sync. */
export function syncArguments(
  process: string,
  { seq, beat, books, asks }: SyncCommand,
  acked: number,
): readonly string[] {
  const numbers = new Map<Shape, string>()
  const lines: string[] = []
  const add = (shape: Shape, application: string, n: number) => {
    let number = numbers.get(shape)
    if (number === undefined) {
      number = String(numbers.size + 1)
      numbers.set(shape, number)
    }
    lines.push(number, application, String(n))
  }
  for (const { shape, application, n } of books) add(shape, application.id, n)
  for (const { shape, line, n } of asks) add(shape, line.application.id, line.aged ? -n - 1 : n)
  const args = [process, String(seq), String(acked), beat, '', String(numbers.size)]
  for (const shape of numbers.keys()) args.push(...shape.args)
  args.push(String(books.length), ...lines)
  return args
}

/** A usage as a command names it: which numbers it adds to, and by how much. */
import type { Cell, Layout, Print, UsageShape } from '@threescale/core'

/**
 * What a line does with the usage.
 *
 * - 'counted': adds it to the counts and to what waits for a report.
 * - 'held': adds it to the counts; it awaits the status of its response.
 * - 'released': what was held (taken away by n = -1).
 * - 'reported': adds it to what waits for a report. With a status: 'reported.404'.
 */
export type Kind = 'counted' | 'held' | 'released' | 'reported' | `reported.${number}`

/** A usage in one minute, for lines of one kind. The same object for the same print and kind. */
export interface Shape {
  readonly print: Print
  readonly kind: Kind
  /** The cells of the print, if this kind counts. */
  readonly cells: readonly Cell[]
  /** As the command takes it: layout, cells, amounts. */
  readonly args: readonly string[]
}

export class Shapes {
  /** The last one, which is mostly asked for again. */
  #last: Shape | undefined = undefined
  readonly #byPrint = new WeakMap<Print, Map<Kind, Shape>>()
  readonly #unknown = new UnknownLayout()

  /** @param layout undefined: the limits are not known to this process. */
  of(layout: Layout | undefined, usage: UsageShape, minute: number, kind: Kind): Shape {
    return this.ofPrint((layout ?? this.#unknown).print(usage, minute), kind)
  }

  ofPrint(print: Print, kind: Kind): Shape {
    if (this.#last?.print !== print || this.#last.kind !== kind) this.#last = this.#find(print, kind)
    return this.#last
  }

  #find(print: Print, kind: Kind): Shape {
    let kinds = this.#byPrint.get(print)
    if (kinds === undefined) {
      kinds = new Map()
      this.#byPrint.set(print, kinds)
    }
    let shape = kinds.get(kind)
    if (shape === undefined) {
      const cells = kind === 'counted' || kind === 'held' ? print.cells : []
      shape = { print, kind, cells, args: argumentsOf(print, kind, cells) }
      kinds.set(kind, shape)
    }
    return shape
  }
}

function argumentsOf({ layout, metrics, amounts, minute }: Print, kind: Kind, cells: readonly Cell[]): string[] {
  const args = [layout.name, String(cells.length)]
  for (const { name, end, need, max } of cells) args.push(`${name}|${end}`, String(end), String(need), String(max))
  const sign = kind === 'held' || kind === 'released' ? '*' : '+'
  const status = kind.startsWith('reported.') ? kind.slice('reported'.length) : ''
  args.push(String(metrics.length))
  for (const [i, metric] of metrics.entries()) {
    args.push(`${sign}${minute}${status}|${metric}`, String(amounts[i]))
  }
  return args
}

/** The layout of an application that this process knows nothing of. */
class UnknownLayout implements Layout {
  readonly name = ''
  readonly text = ''
  readonly limits = []
  readonly #prints = new WeakMap<UsageShape, Print>()

  print(usage: UsageShape, minute: number): Print {
    const known = this.#prints.get(usage)
    if (known?.minute === minute) return known
    const used = usage.metrics.flatMap((metric, i) =>
      usage.amounts[i]! > 0 ? [[metric, usage.amounts[i]!] as const] : [],
    )
    const print: Print = {
      usage,
      minute,
      layout: this,
      settled: true,
      cells: [],
      metrics: used.map(([metric]) => metric),
      amounts: used.map(([, amount]) => amount),
    }
    this.#prints.set(usage, print)
    return print
  }
}

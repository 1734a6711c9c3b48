/** What is to be booked whatever the limits say: usage that was admitted here, and what is given back. */

import { completeUsage } from './complete-usage.ts'
import type { Shape, Shapes } from './shape.ts'
import type { SharedApplication } from './shared-application.ts'

/** A usage that counts n times; below 0 it is taken away. */
export interface Booking {
  readonly application: SharedApplication
  readonly shape: Shape
  readonly n: number
}

export class Owed {
  readonly #shapes: Shapes
  readonly #times = new Map<SharedApplication, Map<Shape, number>>()
  #size = 0

  constructor(shapes: Shapes) {
    this.#shapes = shapes
  }

  /** Bookings of different usage. */
  get size(): number {
    return this.#size
  }

  add({ application, shape, n }: Booking): void {
    let times = this.#times.get(application)
    if (times === undefined) {
      times = new Map()
      this.#times.set(application, times)
    }
    const before = times.get(shape)
    if (before === undefined) this.#size += 1
    times.set(shape, (before ?? 0) + n)
    if (times.get(shape) === 0) this.#drop(application, times, shape)
  }

  /** Takes bookings, `most` at most, as the present limits of their applications have them. */
  take(most: number): Booking[] {
    const taken: Booking[] = []
    for (const [application, times] of this.#times) {
      for (const [shape, n] of times) {
        if (taken.length === most) return taken
        this.#drop(application, times, shape)
        taken.push({ application, shape: this.#renew(application, shape), n })
      }
    }
    return taken
  }

  /**
   * Takes out usage that the store will never hear of, `most` bookings or a few more. What is given back stays, and so
   * does what moves usage that the store holds already.
   */
  withdraw(most: number): Booking[] {
    const withdrawn: Booking[] = []
    for (const [application, times] of [...this.#times]) {
      if (withdrawn.length >= most) break
      for (const [shape, n] of completeUsage(times)) withdrawn.push({ application, shape, n })
    }
    for (const { application, shape, n } of withdrawn) this.add({ application, shape, n: -n })
    return withdrawn
  }

  /** All bookings, which stay. */
  *[Symbol.iterator](): Generator<Booking> {
    for (const [application, times] of this.#times) for (const [shape, n] of times) yield { application, shape, n }
  }

  #drop(application: SharedApplication, times: Map<Shape, number>, shape: Shape): void {
    times.delete(shape)
    this.#size -= 1
    if (times.size === 0) this.#times.delete(application)
  }

  #renew({ layout }: SharedApplication, shape: Shape): Shape {
    const { print, kind } = shape
    return print.layout === layout ? shape : this.#shapes.of(layout, print.usage, print.minute, kind)
  }
}

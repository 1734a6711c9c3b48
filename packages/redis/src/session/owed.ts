/** What is to be booked whatever the limits say: usage that was admitted here, and what is given back. */

import { completeUsage } from './complete-usage.ts'
import type { Shape, Shapes } from './shape.ts'
import type { OwedTimes, SharedApplication } from './shared-application.ts'

/** A usage that counts n times; below 0 it is taken away. */
export interface Booking {
  readonly application: SharedApplication
  readonly shape: Shape
  readonly n: number
}

export class Owed {
  readonly #shapes: Shapes
  readonly #times = new Map<SharedApplication, Map<Shape, OwedTimes>>()
  #size = 0

  constructor(shapes: Shapes) {
    this.#shapes = shapes
  }

  /** Bookings of different usage. */
  get size(): number {
    return this.#size
  }

  add(application: SharedApplication, shape: Shape, n: number): void {
    const last = application.owed
    // The same again, as nearly always on the hot path.
    if (last !== undefined && last.shape === shape && last.n > 0 && n > 0) last.n += n
    else this.#add(application, shape, n)
  }

  /** Takes bookings, `most` at most, as the present limits of their applications have them. */
  take(most: number): Booking[] {
    const taken: Booking[] = []
    for (const [application, times] of this.#times) {
      for (const owed of times.values()) {
        if (taken.length === most) return taken
        const { shape, n } = owed
        this.#drop(application, times, owed)
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
      for (const { shape, n } of completeUsage(times.values())) withdrawn.push({ application, shape, n })
    }
    for (const { application, shape, n } of withdrawn) this.add(application, shape, -n)
    return withdrawn
  }

  /** All bookings, which stay. */
  *[Symbol.iterator](): Generator<Booking> {
    for (const [application, times] of this.#times) {
      for (const { shape, n } of times.values()) yield { application, shape, n }
    }
  }

  #add(application: SharedApplication, shape: Shape, n: number): void {
    if (shape.print.metrics.length === 0) return
    let times = this.#times.get(application)
    if (times === undefined) {
      times = new Map()
      this.#times.set(application, times)
    }
    let owed = times.get(shape)
    if (owed === undefined) {
      owed = { shape, n: 0 }
      times.set(shape, owed)
      this.#size += 1
    }
    owed.n += n
    if (owed.n === 0) this.#drop(application, times, owed)
    else application.owed = owed
  }

  #drop(application: SharedApplication, times: Map<Shape, OwedTimes>, owed: OwedTimes): void {
    owed.n = 0
    times.delete(owed.shape)
    this.#size -= 1
    if (times.size === 0) this.#times.delete(application)
  }

  #renew({ layout }: SharedApplication, shape: Shape): Shape {
    const { print, kind } = shape
    return print.layout === layout ? shape : this.#shapes.of(layout, print.usage, print.minute, kind)
  }
}

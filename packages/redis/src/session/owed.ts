/** What is to be booked whatever the limits say: usage that was admitted here, and what is given back. */

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
  readonly #applications = new Set<SharedApplication>()
  #size = 0

  constructor(shapes: Shapes) {
    this.#shapes = shapes
  }

  /** Bookings of different usage. */
  get size(): number {
    return this.#size
  }

  add({ application, shape, n }: Booking): void {
    application.owed ??= new Map()
    const before = application.owed.get(shape)
    const now = (before ?? 0) + n
    if (before === undefined) this.#size += 1
    if (now === 0) {
      application.owed.delete(shape)
      this.#size -= 1
    } else application.owed.set(shape, now)
    if (application.owed.size > 0) this.#applications.add(application)
    else this.#applications.delete(application)
  }

  /** Takes bookings, `most` at most, as the present limits of their applications have them. */
  take(most: number): Booking[] {
    const taken: Booking[] = []
    for (const application of this.#applications) {
      for (const [shape, n] of application.owed!) {
        if (taken.length === most) return taken
        application.owed!.delete(shape)
        this.#size -= 1
        taken.push({ application, shape: this.#renew(application, shape), n })
      }
      this.#applications.delete(application)
    }
    return taken
  }

  /** All bookings, which stay. */
  *[Symbol.iterator](): Generator<Booking> {
    for (const application of this.#applications) {
      for (const [shape, n] of application.owed!) yield { application, shape, n }
    }
  }

  #renew({ layout }: SharedApplication, shape: Shape): Shape {
    const { print, kind } = shape
    return print.layout === layout ? shape : this.#shapes.of(layout, print.usage, print.minute, kind)
  }
}

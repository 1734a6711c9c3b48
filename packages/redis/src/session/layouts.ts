/** The layouts that this process has seen, and those that others wrote. */
import type { Layout } from '@threescale/core'
import { SESSION } from './settings.ts'

export class Layouts {
  readonly #read: (text: string) => Layout | undefined
  readonly #load: (name: string) => Promise<unknown>
  /** The oldest first. */
  readonly #byName = new Map<string, Layout>()
  readonly #loading = new Set<string>()

  /** @param load reads the text of a layout in the store. */
  constructor(read: (text: string) => Layout | undefined, load: (name: string) => Promise<unknown>) {
    this.#read = read
    this.#load = load
  }

  get(name: string): Layout | undefined {
    return this.#byName.get(name)
  }

  /** Remembers a layout. @returns the one that is known by its name already, or this one. */
  add(layout: Layout): Layout {
    const known = this.#byName.get(layout.name) ?? layout
    this.#byName.delete(layout.name)
    this.#byName.set(layout.name, known)
    if (this.#byName.size > SESSION.layouts) this.#byName.delete(this.#byName.keys().next().value!)
    return known
  }

  /** Reads a layout that another process wrote. Rejects never; false: it could not be read. */
  async load(name: string): Promise<boolean> {
    if (this.#loading.has(name)) return false
    this.#loading.add(name)
    try {
      const text = await this.#load(name)
      const layout = typeof text === 'string' ? this.#read(text) : undefined
      if (layout?.name !== name) return false
      this.add(layout)
      return true
    } catch {
      return false
    } finally {
      this.#loading.delete(name)
    }
  }
}

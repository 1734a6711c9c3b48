/** Usage in a store that waits for the status of its response. */
import type { UsageShape } from '../domain/usage.ts'
import type { ServiceStore, StoredApplication } from '../ledger/store.ts'

export class StoredHold {
  readonly #store: ServiceStore
  readonly #application: StoredApplication
  readonly #usage: UsageShape
  readonly #minute: number

  /** @param minute of the store's 'yes'. */
  constructor(store: ServiceStore, application: StoredApplication, usage: UsageShape, minute: number) {
    this.#store = store
    this.#application = application
    this.#usage = usage
    this.#minute = minute
  }

  /** Lets it be reported. @param code the status; undefined: the response has none. */
  release(code: number | undefined): void {
    this.#store.release(this.#application, this.#usage, this.#minute, code)
  }
}

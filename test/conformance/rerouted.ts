/** A dispatcher that sends every call to one server of this machine, which learns the real origin from a header. */
import { Agent, type Dispatcher } from 'undici'

export const REAL_ORIGIN = 'x-real-origin'

export class Rerouted extends Agent {
  readonly #origin: string

  constructor(port: number) {
    super()
    this.#origin = `http://127.0.0.1:${port}`
  }

  override dispatch(options: Agent.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
    const headers = [...(options.headers as string[]), REAL_ORIGIN, String(options.origin)]
    return super.dispatch({ ...options, origin: this.#origin, headers }, handler)
  }
}

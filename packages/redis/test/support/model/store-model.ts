/** The scripts in JavaScript, with a given time: for millions of steps, and for comparison with the Lua. */
import type { ScriptSettings } from '../../../src/scripts/scripts.ts'
import { apply } from './model-apply.ts'
import { settle, take } from './model-batches.ts'
import { ModelState } from './model-state.ts'
import { sync } from './model-sync.ts'

export class StoreModel {
  /** The server's run id. */
  runId = 'a1'
  readonly state: ModelState

  constructor(settings: Partial<ScriptSettings> = {}) {
    this.state = new ModelState(settings)
  }

  /** Runs a script with its arguments after the time. */
  exec(name: string, t: number, args: readonly string[]): unknown {
    const { state } = this
    switch (name) {
      case 'sync':
        return sync(state, t, this.runId, args)
      case 'apply':
        return apply(state, t, args)
      case 'take':
        return take(state, t, args[0]!)
      case 'settle':
        return settle(state, t, args[0]!, args[1]!, args[2]!, args.slice(3))
      default:
        throw new Error(`no script ${name}`)
    }
  }
}

/** Reads the recorded behaviour of apisonator 3.4.3: one file per scenario. */
import { readdirSync, readFileSync } from 'node:fs'
import type { EmulatorState } from '@threescale/emulator'

export interface RecordedAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export interface Step {
  /** The time of the backend's clock. */
  readonly time: string
  readonly note?: string
  /** Set if the answer did not come from the application: puma, sinatra, rack or crash. */
  readonly layer?: string
  readonly request: {
    readonly method: string
    readonly path: string
    readonly headers: Readonly<Record<string, string>>
    readonly body: string | null
    readonly body_base64?: string
  }
  readonly response: RecordedAnswer
  /** The application's own answer, if its access log changed the answer on the wire. */
  readonly app_response?: RecordedAnswer
  readonly error_log?: readonly { readonly code: string; readonly message: string }[]
  readonly failed_jobs?: readonly unknown[]
}

export interface Scenario {
  readonly name: string
  readonly flags?: readonly string[]
  readonly state: EmulatorState
  readonly steps: readonly Step[]
}

const folder = new URL('apisonator/', import.meta.url)

/** All scenarios in the order of their names. */
export function readRecordings(): Scenario[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith('.json'))
    .sort()
    .map((file) => JSON.parse(readFileSync(new URL(file, folder), 'utf8')))
}

/** The body of a step's request; undefined if it had none and told no length. */
export function bodyOf({ request }: Step): Buffer | undefined {
  if (request.body_base64 !== undefined) return Buffer.from(request.body_base64, 'base64')
  return request.body === null ? undefined : Buffer.from(request.body, 'utf8')
}

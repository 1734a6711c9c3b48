/** What the model of the scripts keeps, key by key as Redis does. */
import { FIXED, type ScriptSettings } from '../../../src/scripts/scripts.ts'

/** What the commands of a test count by, unless it says something else. */
export const TEST_SETTINGS: ScriptSettings = {
  TTL: 10_000,
  STALE: 60_000,
  INTERVAL: 10_000,
  SETTLE: 60_000,
  TELL: false,
  ...FIXED,
}

export interface Memory {
  seq: number
  acked: number
  /** prev, then the answers of the lines. */
  rep: (string | number)[]
}

export interface ModelBatch {
  st: string
  at: number
  rows: (string | number)[] | undefined
}

/** The keys of one partition. */
export class ModelState {
  readonly settings: ScriptSettings
  /** Undefined: never set. */
  s: Record<string, number | string | undefined> = {}
  beat: Map<string, number> = new Map()
  ack: Map<string, number> = new Map()
  waiting: Map<string, number> = new Map()
  open: Map<string, number> = new Map()
  memories: Map<string, Memory> = new Map()
  applications: Map<string, Map<string, number | string>> = new Map()
  batches: Map<string, ModelBatch> = new Map()
  layouts: Map<string, string> = new Map()
  /** Told of usage below nothing that is dropped. */
  onDropped: (row: string, n: number) => void = () => {}
  /** Told of a batch whose reporter died. */
  onDoubt: (rows: readonly (string | number)[]) => void = () => {}

  constructor(settings: Partial<ScriptSettings> = {}) {
    this.settings = { ...TEST_SETTINGS, ...settings }
  }

  number(name: string): number {
    return Number(this.s[name] ?? 0)
  }

  application(id: string): Map<string, number | string> {
    let application = this.applications.get(id)
    if (application === undefined) {
      application = new Map()
      this.applications.set(id, application)
    }
    return application
  }

  recovering(t: number): boolean {
    const { RECOVER, HOLD } = this.settings
    const rec = this.number('rec')
    if (rec <= t) return false
    if (t < rec - RECOVER + HOLD) return true
    const epoch = this.number('epoch')
    for (const acked of this.ack.values()) if (acked < epoch) return true
    return false
  }

  waits(id: string, at: number): void {
    const since = this.waiting.get(id)
    if (since === undefined || since > at) this.waiting.set(id, at)
  }

  pend(t: number, id: string, field: string, n: number): void {
    const application = this.application(id)
    application.set(field, Number(application.get(field) ?? 0) + n)
    this.waits(id, Math.max(t, this.number('floor')))
  }

  forget(process: string): void {
    this.beat.delete(process)
    this.ack.delete(process)
  }

  /** All keys are gone. */
  empty(): void {
    this.restore(new ModelState(this.settings))
  }

  /** A copy, to go back to. */
  copy(): ModelState {
    const copy = new ModelState(this.settings)
    copy.restore(this)
    return copy
  }

  /** Goes back to a copy. */
  restore(copy: ModelState): void {
    this.s = { ...copy.s }
    for (const name of ['beat', 'ack', 'waiting', 'open'] as const) this[name] = new Map(copy[name])
    this.layouts = new Map(copy.layouts)
    this.memories = new Map([...copy.memories].map(([name, memory]) => [name, { ...memory }]))
    this.batches = new Map([...copy.batches].map(([id, batch]) => [id, { ...batch }]))
    this.applications = new Map([...copy.applications].map(([id, fields]) => [id, new Map(fields)]))
  }
}

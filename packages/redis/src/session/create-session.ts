/** Puts the parts of a session together. */
import { randomBytes } from 'node:crypto'
import type { Clock, StoreHost } from '@threescale/core'
import { Link } from '../wire/link.ts'
import { ScriptRunner, type ScriptTexts } from '../wire/script-runner.ts'
import type { SendCommand } from '../wire/send-command.ts'
import { Layouts } from './layouts.ts'
import { Lines } from './lines.ts'
import { Owed } from './owed.ts'
import type { SessionParts } from './parts.ts'
import { Retained } from './retained.ts'
import { Session } from './session.ts'
import { SESSION, type SessionSettings } from './settings.ts'
import { Shapes } from './shape.ts'
import { StoreTime } from './store-time.ts'

export interface SessionOptions {
  readonly send: SendCommand
  readonly scripts: ScriptTexts
  /** The beginning of all keys of the partition. */
  readonly prefix: string
  readonly settings: SessionSettings
  readonly host: Pick<StoreHost, 'service' | 'refresh' | 'tell' | 'readLayout'>
  readonly clock: Clock
  /** 0 to 1. */
  readonly random: () => number
  /** Runs a task at the end of this turn of the loop. */
  readonly defer: (task: () => void) => void
  /** Called when this process has to take what waits. */
  readonly report: () => void
}

export function createSession({ send, scripts, prefix, report, ...options }: SessionOptions): Session {
  const { clock, random, settings, host } = options
  const { timeoutMs, downMs } = SESSION
  const link = new Link(new ScriptRunner(send, prefix, scripts), { clock, random, timeoutMs, downMs })
  const shapes = new Shapes()
  const load = (name: string) => link.attempt(() => link.runner.command('GET', `l:${name}`))
  const parts: SessionParts = {
    ...options,
    link,
    time: new StoreTime(clock),
    shapes,
    layouts: new Layouts((text) => host.readLayout(text), load),
    owed: new Owed(shapes),
    lines: new Lines(clock, settings.waitMs),
    retained: new Retained(),
  }
  // No other process may have the name, as commands are told apart by it.
  return new Session(parts, () => randomBytes(12).toString('base64url'), report)
}

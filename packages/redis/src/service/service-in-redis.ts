/** One service in Redis: its applications and callers, spread over partitions, each with a session of its own. */
import type {
  Asked,
  Asking,
  BatchState,
  ServiceStore,
  StoredAnswer,
  StoredBatch,
  StoredCallers,
  StoredRow,
  StoreHost,
  StoreStats,
  UnbookedUsage,
  UsageShape,
} from '@threescale/core'
import { createNames } from '../callers/hmac.ts'
import { SharedCallers } from '../callers/shared-callers.ts'
import type { CheckedOptions } from '../options.ts'
import { buildScripts, FIXED } from '../scripts/scripts.ts'
import { createSession, type SessionOptions } from '../session/create-session.ts'
import type { Session } from '../session/session.ts'
import { SharedApplication } from '../session/shared-application.ts'
import { hashScripts } from '../wire/script-runner.ts'
import { ownContext } from './own-context.ts'
import { partitionOf } from './partition-of.ts'

/** How long `close` takes at most, unless it is told. Milliseconds. */
const CLOSE_MS = 5000
/** The format of the keys. Processes of another format are another fleet. */
const FORMAT = '3s1'

export interface ServiceOptions extends CheckedOptions {
  /** Runs a task at the end of this turn of the loop. */
  readonly defer: (task: () => void) => void
}

export class ServiceInRedis implements ServiceStore {
  readonly callers: StoredCallers
  readonly #host: StoreHost
  readonly #partitions: number
  readonly #open: (partition: number) => Session
  readonly #sessions = new Map<number, Session>()
  /** Sessions that have to take what waits. */
  readonly #due = new Set<Session>()

  constructor(options: ServiceOptions, host: StoreHost) {
    const { partitions, prefix, waitMs } = options
    this.#host = host
    this.#partitions = partitions
    const settings = { ...host.settings, waitMs }
    const { ttlMs, staleMs, intervalMs, settleMs, tellCounts } = settings
    const constants = { TTL: ttlMs, STALE: staleMs, INTERVAL: intervalMs, SETTLE: settleMs, TELL: tellCounts, ...FIXED }
    const nameOf = createNames(host.secret)
    // The default service of one provider is not that of another.
    const service = host.service ?? `~${nameOf('default service')}`
    const { clock, defer } = ownContext(host.clock, options.defer)
    const shared: Omit<SessionOptions, 'prefix' | 'report'> = {
      send: options.send,
      scripts: hashScripts(buildScripts(constants)),
      settings,
      host,
      clock,
      random: host.random ?? Math.random,
      defer,
    }
    this.#open = (partition) => {
      const report = () => this.#report(session)
      const whole = `{${prefix}${FORMAT}:${service}:${partition}}`
      const session: Session = createSession({ ...shared, prefix: whole, report })
      return session
    }
    this.callers = new SharedCallers({
      ...settings,
      clock,
      time: () => this.time(),
      nameOf,
      linkOf: (name) => this.#of(name).link,
    })
  }

  time(): number {
    let time = 0
    for (const session of this.#sessions.values()) time = Math.max(time, session.time.now())
    return time === 0 ? this.#host.clock.now() : time
  }

  application(id: string): SharedApplication {
    return new SharedApplication(id)
  }

  ask(application: SharedApplication, usage: UsageShape, asking: Asking, aged = false): Asked | Promise<Asked> {
    return this.#of(application.id).ask(application, usage, asking, aged)
  }

  askAlone(application: SharedApplication, usage: UsageShape, asking: Asking, whole: boolean): Asked {
    return this.#of(application.id).askAlone(application, usage, asking, whole)
  }

  book(application: SharedApplication, usage: UsageShape, code?: number): void {
    this.#of(application.id).book(application, usage, code)
  }

  release(application: SharedApplication, usage: UsageShape, minute: number, code: number | undefined): void {
    this.#of(application.id).release(application, usage, minute, code)
  }

  apply(application: SharedApplication, answer: StoredAnswer): Promise<void> {
    return this.#of(application.id).apply(application, answer)
  }

  async take(): Promise<StoredBatch | undefined> {
    // Asked without being told: all of them, as before the end.
    if (this.#due.size === 0) for (const session of this.#sessions.values()) this.#due.add(session)
    for (const session of this.#due) {
      const batch = await session.take()
      if (batch === undefined || !batch.more) this.#due.delete(session)
      if (batch !== undefined) return this.#due.size > 0 && !batch.more ? { ...batch, more: true } : batch
    }
    return undefined
  }

  async settle(batch: StoredBatch, to: BatchState): Promise<boolean> {
    for (const session of this.#sessions.values()) if (session.has(batch)) return await session.settle(batch, to)
    return to !== 'flight'
  }

  async part(batch: StoredBatch, rows: readonly StoredRow[]): Promise<StoredBatch | undefined> {
    for (const session of this.#sessions.values()) if (session.has(batch)) return await session.part(batch, rows)
    return undefined
  }

  stats(): StoreStats {
    const all = [...this.#sessions.values()].map((session) => session.stats())
    const worst = (['failing', 'shared', 'idle', 'closed'] as const).find((state) =>
      all.some((stats) => stats.state === state),
    )
    const since = all.flatMap((stats) => stats.since ?? [])
    return {
      state: worst ?? 'idle',
      since: since.length === 0 ? undefined : Math.min(...since),
      processes: Math.max(1, ...all.map(({ processes }) => processes)),
      owed: all.reduce((sum, { owed }) => sum + owed, 0),
      commands: all.reduce((sum, { commands }) => sum + commands, 0),
    }
  }

  async close({ timeoutMs = CLOSE_MS }: { readonly timeoutMs?: number | undefined } = {}): Promise<UnbookedUsage> {
    return together(await Promise.all([...this.#sessions.values()].map((session) => session.close(timeoutMs))))
  }

  withdraw(failingMs: number): readonly StoredRow[] {
    return [...this.#sessions.values()].flatMap((session) => session.withdraw(failingMs))
  }

  unbooked(): UnbookedUsage {
    return together([...this.#sessions.values()].map((session) => session.unbooked()))
  }

  #of(name: string): Session {
    const partition = partitionOf(name, this.#partitions)
    let session = this.#sessions.get(partition)
    if (session === undefined) {
      session = this.#open(partition)
      this.#sessions.set(partition, session)
    }
    return session
  }

  #report(session: Session): void {
    this.#due.add(session)
    this.#host.report()
  }
}

function together(left: readonly UnbookedUsage[]): UnbookedUsage {
  return { owed: left.flatMap(({ owed }) => owed), doubtful: left.flatMap(({ doubtful }) => doubtful) }
}

/**
 * What gateways do when the process ends: deliver what waits at `beforeExit`, close on signals where the user wants it,
 * and say what is lost. One registry a process, so that any number of gateways needs one listener for each event.
 */
import { writeSync } from 'node:fs'
import { constants } from 'node:os'

/** A gateway as the end of the process sees it. */
export interface ProcessMember {
  /** Sends what waits. Never rejects. */
  flush(): Promise<unknown>
  /** Never rejects. */
  close(): Promise<unknown>
  /** Usage that is not delivered, by metric. */
  left(): Readonly<Record<string, number>>
}

// Registered, so that two copies of the package share the listeners. Its methods are a contract between versions.
const REGISTRY: unique symbol = Symbol.for('threescale.process-end.1') as never

/** What a process without a handler for the signal would have done by then, in milliseconds. */
const DEFAULT_ACTION_MS = 100

/** The registry of this process. Creating it adds no listener. */
export function processEnd(): ProcessEnd {
  const holder = process as unknown as { [REGISTRY]?: ProcessEnd }
  holder[REGISTRY] ??= new ProcessEnd()
  return holder[REGISTRY]
}

export class ProcessEnd {
  readonly #waiting = new Set<ProcessMember>()
  /** Tried at `beforeExit`, in vain: trying again would keep the process from ending. */
  readonly #tried = new Set<ProcessMember>()
  readonly #bySignal = new Map<NodeJS.Signals, { readonly members: Set<ProcessMember>; readonly listen: () => void }>()

  /** From now on the member may have usage that is not delivered. */
  usageWaits(member: ProcessMember): void {
    if (this.#waiting.size === 0) process.on('beforeExit', this.#deliver).on('exit', this.#say)
    this.#waiting.add(member)
  }

  /** The member has none any more. */
  nothingWaits(member: ProcessMember): void {
    this.#tried.delete(member)
    if (!this.#waiting.delete(member) || this.#waiting.size > 0) return
    process.off('beforeExit', this.#deliver).off('exit', this.#say)
  }

  /** Closes the member on these signals, before the signal does what it would have done. */
  closeOn(signals: readonly NodeJS.Signals[], member: ProcessMember): void {
    for (const signal of signals) {
      const known = this.#bySignal.get(signal)
      if (known !== undefined) {
        known.members.add(member)
        continue
      }
      const members = new Set([member])
      const listen = () => void this.#close(signal, listen)
      this.#bySignal.set(signal, { members, listen })
      // First, because a listener that was added by `once` is gone when the next one counts the others.
      process.prependListener(signal, listen)
    }
  }

  /** Signals leave the member alone. */
  ignoreSignals(member: ProcessMember): void {
    for (const [signal, { members, listen }] of this.#bySignal) {
      if (!members.delete(member) || members.size > 0) continue
      this.#bySignal.delete(signal)
      process.off(signal, listen)
    }
  }

  readonly #deliver = (): void => {
    for (const member of this.#waiting) {
      if (!this.#tried.has(member) && hasLeft(member)) void this.#try(member)
    }
  }

  async #try(member: ProcessMember): Promise<void> {
    this.#tried.add(member)
    await member.flush()
    // A program may go on at `beforeExit`, and use more.
    if (!hasLeft(member)) this.#tried.delete(member)
  }

  readonly #say = (): void => {
    const left = new Map<string, number>()
    for (const member of this.#waiting) {
      for (const [metric, amount] of Object.entries(member.left())) left.set(metric, (left.get(metric) ?? 0) + amount)
    }
    if (left.size === 0) return
    const usage = [...left].map(([metric, amount]) => `${JSON.stringify(metric)} ${amount}`).join(', ')
    const sentence = `threescale: the process ends before 3scale has acknowledged this usage: ${usage}. `
    try {
      // Synchronous and not by a logger, as nothing else is written any more.
      writeSync(2, `${sentence}Call close() or flush() of the gateway first, or give the option closeOn.\n`)
    } catch {
      // Nowhere to say it.
    }
  }

  async #close(signal: NodeJS.Signals, listen: () => void): Promise<void> {
    const hasOthers = process.listeners(signal).some((listener) => listener !== listen)
    const asked = new Set<ProcessMember>()
    const notAsked = () => [...(this.#bySignal.get(signal)?.members ?? [])].filter((member) => !asked.has(member))
    // A gateway may get its first request while others close.
    for (let members = notAsked(); members.length > 0; members = notAsked()) {
      for (const member of members) asked.add(member)
      const closed = members.map((member) => member.close())
      // The signal ends the process without `beforeExit`.
      const delivered = hasOthers ? [] : [...this.#waiting].map((member) => member.flush())
      await Promise.all([...closed, ...delivered])
      // Warnings about what could not be delivered are written first.
      await new Promise(setImmediate)
    }
    if (hasOthers || process.listenerCount(signal) > 0) return
    // A signal ends the process without `exit`, too.
    this.#say()
    process.off('exit', this.#say)
    process.kill(process.pid, signal)
    // The first process of a container has no default action: there the kernel drops the signal.
    setTimeout(() => process.exit(128 + constants.signals[signal]), DEFAULT_ACTION_MS)
  }
}

function hasLeft(member: ProcessMember): boolean {
  return Object.keys(member.left()).length > 0
}

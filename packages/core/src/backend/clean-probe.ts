/**
 * Tells whether 3scale answers at all, by a call that carries our own settings and nothing of a caller. An answer that is
 * not 3scale's is a denial if 3scale answers such a call, because the caller's input then caused it (law 3).
 */
import { randomUUID } from 'node:crypto'
import type { ThreeScaleClient } from '../client/client.ts'
import { BackendError, isThreeScaleError } from '../errors.ts'
import type { ForeignAnswer } from '../observe/foreign-answer.ts'
import type { Observer } from '../observe/observer.ts'
import type { Clock } from '../primitives/clock.ts'
import type { Breaker } from './breaker.ts'
import { isOutage } from './outage.ts'

/** busy: 3scale answered 429, or too much was asked at once. silent: it gave no answer, or another foreign one. late: no result within the time. */
export type ProbeResult = 'answered' | 'busy' | 'silent' | 'late'

/** At most one probe of a service begins within this time, and its result holds for so long, in milliseconds. */
const INTERVAL_MS = 1000

/** The code of an answer that is not 3scale's: that of a ProtocolError. */
export const FOREIGN_CODE = 'ERR_THREESCALE_PROTOCOL'

export interface CleanProbesOptions {
  readonly clock: Clock
  readonly breaker: Breaker | undefined
  readonly observer: Pick<Observer, 'called'>
}

interface Probe {
  readonly began: number
  running: boolean
  readonly result: Promise<ProbeResult>
}

export class CleanProbes {
  readonly #options: CleanProbesOptions
  readonly #probes = new Map<string | undefined, Probe>()

  constructor(options: CleanProbesOptions) {
    this.#options = options
  }

  /**
   * The result of the service's probe: of the one under way, of one that began within the last second, or of a new one.
   * Never rejects.
   *
   * @param foreign the answer that is to be judged.
   * @param waitMs longest time to wait, in milliseconds. The probe itself may last longer.
   */
  async result(
    client: ThreeScaleClient,
    service: string | undefined,
    foreign: ForeignAnswer,
    waitMs: number,
  ): Promise<ProbeResult> {
    const { result } = this.#join(client, service, foreign)
    let cancel = (): void => {}
    const late = new Promise<ProbeResult>((resolve) => {
      const timer = this.#options.clock.schedule(() => resolve('late'), Math.max(0, waitMs))
      cancel = () => timer.cancel()
    })
    try {
      return await Promise.race([result, late])
    } finally {
      cancel()
    }
  }

  #join(client: ThreeScaleClient, service: string | undefined, foreign: ForeignAnswer): Probe {
    const now = this.#options.clock.elapsed()
    const last = this.#probes.get(service)
    if (last !== undefined && (last.running || now - last.began < INTERVAL_MS)) return last
    const result = this.#ask(client, service, foreign).finally(() => {
      probe.running = false
    })
    const probe: Probe = { began: now, running: true, result }
    this.#probes.set(service, probe)
    return probe
  }

  /** Counts a failure here and once: many calls may wait for the result, or none any more. */
  async #ask(client: ThreeScaleClient, service: string | undefined, foreign: ForeignAnswer): Promise<ProbeResult> {
    const { breaker, clock, observer } = this.#options
    const began = clock.elapsed()
    const call = () => ({ endpoint: 'authorize', service, durationMs: clock.elapsed() - began }) as const
    try {
      const verdict = await client.authorize({ userKey: `clean-probe-${randomUUID()}` }, { service })
      const { status } = verdict
      if (verdict.authorized) {
        observer.called({ ...call(), outcome: 'authorized', status, code: undefined })
      } else if (verdict.foreign === undefined) {
        observer.called({ ...call(), outcome: 'denied', status, code: verdict.code })
      } else {
        const own = { ...foreign, status, contentType: verdict.foreign }
        observer.called({ ...call(), outcome: 'failed', status, code: FOREIGN_CODE }, own)
        breaker?.failure()
        return 'silent'
      }
      return 'answered'
    } catch (error) {
      const code = isThreeScaleError(error) ? error.code : undefined
      const status = error instanceof BackendError ? error.status : undefined
      // The operator is told of the foreign answer, because that began the outage.
      observer.called({ ...call(), outcome: 'failed', status, code }, foreign)
      if (!isOutage(error)) return 'busy'
      breaker?.failure()
      return 'silent'
    }
  }
}

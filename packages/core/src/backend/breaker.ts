/** Spares callers the time-out while the backend is down: closed, open for a while, then one probe at a time. */
import type { Clock } from '../primitives/clock.ts'

export interface BreakerOptions {
  /** Consecutive failures that open it. */
  readonly failures: number
  /** How long it stays open, in milliseconds. */
  readonly openMs: number
  /** Called after every change; must not throw. */
  readonly onChange?: ((state: BreakerState) => void) | undefined
}

export type BreakerState =
  | { readonly kind: 'closed' }
  /** `until` when it stays open, by elapsed time. */
  | { readonly kind: 'open'; readonly until: number }
  /** `probing`: since when a probe is under way, by elapsed time; undefined while none is. */
  | { readonly kind: 'half-open'; readonly probing: number | undefined }

export interface Breaker {
  readonly state: BreakerState
  /**
   * Asks whether a call may be made. After `'pass'` or `'probe'` the end of the call is reported by `success`,
   * `failure` or `drop`. A probe whose outcome is never reported expires after `openMs`, so the breaker is not stuck.
   */
  acquire(): 'pass' | 'probe' | { readonly retryAfterMs: number }
  /** The backend answered; the verdict does not matter. */
  success(): void
  /**
   * Transport failure, time-out, 5xx, or an answer that is not 3scale's. Changes nothing while the breaker is open,
   * because the call was made before.
   */
  failure(): void
  /** The call was aborted or answered 429, which is no failure of the backend. After a probe, the next call may probe. */
  drop(permit: 'pass' | 'probe'): void
}

export function createBreaker({ failures, openMs, onChange }: BreakerOptions, clock: Clock): Breaker {
  let state: BreakerState = CLOSED
  let consecutive = 0

  function become(next: BreakerState): void {
    state = next
    onChange?.(next)
  }

  return {
    get state() {
      return state
    },
    acquire() {
      if (state.kind === 'closed') return 'pass'
      const now = clock.elapsed()
      const busyUntil = state.kind === 'open' ? state.until : state.probing === undefined ? now : state.probing + openMs
      if (now < busyUntil) return { retryAfterMs: busyUntil - now }
      become({ kind: 'half-open', probing: now })
      return 'probe'
    },
    success() {
      consecutive = 0
      if (state.kind !== 'closed') become(CLOSED)
    },
    failure() {
      if (state.kind === 'open') return
      consecutive++
      if (state.kind === 'half-open' || consecutive >= failures) {
        become({ kind: 'open', until: clock.elapsed() + openMs })
      }
    },
    drop(permit) {
      if (permit === 'probe' && state.kind === 'half-open') become({ kind: 'half-open', probing: undefined })
    },
  }
}

const CLOSED: BreakerState = Object.freeze({ kind: 'closed' })

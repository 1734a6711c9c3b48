/** Tells the operator that the backend stops answering and answers again. Says one outage once. */
import type { Clock } from '../primitives/clock.ts'
import { processWarning } from '../primitives/process-warning.ts'
import { type FailedCall, failureSentence } from './failed-call.ts'
import type { Logger } from './logger.ts'
import type { BreakerMessage, CallMessage } from './messages.ts'

/** A backend that answers every other call must not cause two lines a request, so a further outage is told after this time. */
const OUTAGE_QUIET_MS = 10_000

export interface Outages {
  /** @param failure why the call failed; undefined if the way and the backend are not the reason. */
  called(call: CallMessage, failure: FailedCall | undefined): void
  /** The state after a change of the breaker. */
  breaker(state: BreakerMessage['state']): void
}

/** Without a logger, the beginning of an outage is a `ThreeScaleWarning` of the process. */
export function createOutages(logger: Logger | undefined, clock: Clock): Outages {
  let failing = false
  let pausing = false
  let changedAt = Number.NEGATIVE_INFINITY
  let failureToldAt = Number.NEGATIVE_INFINITY

  function tellFailure(call: CallMessage, failure: FailedCall | undefined): void {
    const sentence = failure === undefined ? 'the 3scale backend does not answer' : failureSentence(failure)
    if (logger !== undefined) {
      logger.warn({ ...call, ...failure }, sentence)
      return
    }
    const foreign = failure !== undefined && 'contentType' in failure
    const code = foreign ? 'THREESCALE_FOREIGN_ANSWER' : 'THREESCALE_BACKEND_UNREACHABLE'
    // Each outage is told, so this does not go by the operator, who tells a code once.
    processWarning(code, sentence)
  }

  return {
    called(call, failure) {
      const failed = call.outcome === 'failed'
      if (!failed && failure !== undefined) return
      const now = clock.elapsed()
      // A call that began before the last change tells nothing about the time after it.
      if (failed === failing || (now > changedAt && now - call.durationMs < changedAt)) return
      if (failed && now - failureToldAt < OUTAGE_QUIET_MS) return
      failing = failed
      changedAt = now
      if (failed) failureToldAt = now
      if (failed) tellFailure(call, failure)
      else logger?.info({ ...call }, 'the 3scale backend answers again')
    },

    breaker(state) {
      if (state === 'half-open') return
      // Each probe that fails opens it again, which is no news.
      if (state === 'closed') logger?.info({ state }, 'calls to the 3scale backend go on')
      else if (!pausing) logger?.warn({ state }, 'calls to the 3scale backend pause')
      pausing = state === 'open'
    },
  }
}

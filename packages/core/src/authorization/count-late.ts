/** Counts usage that becomes known after the decision, until the gateway is closed. */
import { type Ending, isLongOver } from '../decision/ending.ts'
import type { UsageShape } from '../domain/usage.ts'
import type { ApplicationLedger } from '../ledger/application-ledger.ts'
import type { MeteredAdmission } from './metered-admission.ts'

/**
 * Counts without checking: the request has been served.
 *
 * @param code the status to report with it; undefined: none.
 */
export function countLate(application: ApplicationLedger, shape: UsageShape, code: number | undefined): void {
  const now = application.service.ledger.clock.now()
  const time = application.service.at(now)
  const owner = application.evicted ? ownerOf(application) : application
  const footprint = owner.planLimits.footprintOf(shape, now)
  if (code === undefined) owner.count(footprint, time)
  else owner.countAsOwnTransaction(footprint, time, code)
}

/**
 * Counts what a handler adds. Never throws, because nothing that a caller does may surface in a handler.
 *
 * @param ending the end of the response; undefined: it has not ended.
 */
export function countAdded(admission: MeteredAdmission, usage: UsageShape, ending: Ending | undefined): void {
  admission.count(usage, undefined)
  const { clock, observer } = admission.application.service.ledger
  if (ending === undefined || !isLongOver(ending, clock)) return
  observer.warn(
    'THREESCALE_LATE_USAGE',
    'addUsage was called more than a minute after its response had finished; a decision belongs to one request only',
  )
}

/** The ledger that takes the usage of an application that was evicted or had no room. */
function ownerOf({ service, id, provedAt }: ApplicationLedger): ApplicationLedger {
  return service.applications.get(id!) ?? service.overflow(id!, provedAt)
}

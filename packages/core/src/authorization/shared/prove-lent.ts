/** Passes on to the usage that this process reports for all what an answer says of its application and metrics. */
import type { LentUsage } from '../../ledger/lent/lent-usage.ts'
import { applicationOf } from '../callers/application-of.ts'
import type { HeardVerdict } from '../callers/cache-loader.ts'

export function proveLent(lent: LentUsage, heard: HeardVerdict): void {
  const { verdict, asked, caller } = heard
  const { service } = lent
  switch (caller.kind) {
    case 'known':
    case 'unkept': {
      const metrics = [...asked.metrics, ...new Set(verdict.usageReports.map(({ metric }) => metric))]
      service.applyToOverflow(idOf(heard), asked.stamp, verdict, metrics)
      break
    }
    case 'usage':
      if (caller.metric !== undefined) service.disprove(caller.metric)
      break
    case 'denied': {
      const id = idOf(heard)
      if (id === undefined) break
      if (caller.denial.code === 'application_not_found') lent.noteGone(id)
      // Only an application that exists is over its limits, or has a wrong key.
      else if (verdict.status === 409 && verdict.readable) service.applyToOverflow(id, asked.stamp, verdict, [])
    }
  }
}

/** An answer about a user key may not name its application. */
function idOf({ verdict, asked, caller, application }: HeardVerdict): string | undefined {
  if (caller.kind === 'known') return caller.identity.application.id
  const id = applicationOf(verdict, asked.credentials)
  return id === undefined && verdict.application.id === undefined ? application?.id : id
}

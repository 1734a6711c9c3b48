/** Tells a journal what an application has, where a move of usage is more than one of its words says. */
import type { ApplicationLedger } from '../application-ledger.ts'
import type { UnsettledUsage } from '../journal.ts'
import { eachRow } from './waiting-rows.ts'

/** To be called after usage of applications of one service was given up, stamped anew or passed on. */
export function retell(...applications: readonly [ApplicationLedger, ...ApplicationLedger[]]): void {
  applications[0].service.ledger.journal?.retell(...applications.map(unsettledOf))
}

/** All usage of an application that is not settled. */
export function unsettledOf(application: ApplicationLedger): UnsettledUsage {
  const { clock } = application.service.ledger
  const waiting: UnsettledUsage['waiting'][number][] = []
  eachRow(application.pending, (row) => waiting.push(row))
  eachRow(application.ownTransactions, (row) => waiting.push(row))
  const elapsed = clock.elapsed()
  const now = clock.now()
  return {
    application,
    waiting,
    maybeCounted: application.maybeCounted ?? [],
    sent: (application.sent ?? []).flatMap((row) => {
      const { delivery } = row
      const { state, sending, reserved, since } = delivery
      return state === 'over' ? [] : [{ batch: delivery, row, state, sending, reserved, at: now - (elapsed - since) }]
    }),
  }
}

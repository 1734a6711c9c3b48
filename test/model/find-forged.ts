/** Looks in the ledger for what only a forged answer can have told: other metric trees, accounts and plans. */
import type { ServiceLedger } from '../../packages/core/src/ledger/service-ledger.ts'
import { isBelow, METRICS } from './schedule.ts'

/** @param ids by application: its name at the backend, and the plans that it may have. */
export function findForged(service: ServiceLedger, ids: ReadonlyMap<string, readonly string[]>): string[] {
  const problems: string[] = []
  for (const { name } of METRICS) {
    for (const above of service.hierarchy.ancestorsOf(name)) {
      if (!isBelow(name, above)) problems.push(`the ledger believes ${name} to be below ${above}`)
    }
  }
  for (const [id, { plan }] of service.applications) {
    const plans = ids.get(id)
    if (plans === undefined) problems.push(`the ledger keeps ${id}, which does not exist`)
    else if (plan !== undefined && !plans.includes(plan)) problems.push(`the plan of ${id} is said to be ${plan}`)
  }
  return problems
}

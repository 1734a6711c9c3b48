/** Asks the backend about several applications, a few at a time. */
import type { ApplicationLedger } from '../ledger/application-ledger.ts'

/** How many questions about applications of a report are under way at once. */
export const MAX_PROOFS_AT_ONCE = 16

/** Asks about each application, in this order, until a question reports false. Never rejects if `ask` does not. */
export async function askEach(
  applications: readonly ApplicationLedger[],
  ask: (application: ApplicationLedger) => Promise<boolean>,
): Promise<void> {
  let next = 0
  const askNext = async (): Promise<void> => {
    while (next < applications.length) {
      const application = applications[next++]!
      if (!(await ask(application))) next = applications.length
    }
  }
  await Promise.all(Array.from({ length: Math.min(MAX_PROOFS_AT_ONCE, applications.length) }, askNext))
}

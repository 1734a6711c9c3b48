/** Which extensions of the API are asked for with a call; the client adds `rejection_reason_header` by itself. */
import type { Extensions } from '../client/encode/extensions.ts'

/** For a decision: list_app_keys brings the application's id also for user keys. */
export const DECISION_EXTENSIONS: Extensions = Object.freeze({ listAppKeys: true, limitHeaders: true })

/** For what the ledger keeps: the tree of the limited metrics, too. */
export const LEDGER_EXTENSIONS: Extensions = Object.freeze({ ...DECISION_EXTENSIONS, hierarchy: true })

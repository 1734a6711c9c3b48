/** Which extensions of the API are asked for with a call; the client adds `rejection_reason_header` by itself. */
import type { Extensions } from '../client/encode/extensions.ts'

/** For a decision: with list_app_keys the answer tells the application's id for user keys too. */
export const DECISION_EXTENSIONS: Extensions = Object.freeze({ listAppKeys: true, limitHeaders: true })

/** For an answer that the ledger keeps: also asks for the children of limited metrics. */
export const LEDGER_EXTENSIONS: Extensions = Object.freeze({ ...DECISION_EXTENSIONS, hierarchy: true })

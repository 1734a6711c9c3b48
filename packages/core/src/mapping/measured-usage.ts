/** What mapping finds a request to use. */
import type { UsageShape } from '../domain/usage.ts'

/**
 * 'no-match': nothing is used, which is not allowed; 'ambiguous': the request can be read in ways that match different
 * rules.
 */
export type MeasuredUsage = UsageShape | 'no-match' | 'ambiguous'

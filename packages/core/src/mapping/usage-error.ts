/** The error for a usage function, or a sum of matching rules, whose value is not a usage. */
import { ThreeScaleError } from '../errors.ts'

/** The mistake is in our configuration, never the caller's: the gateway answers 500 and calls no backend. */
export class UsageError extends ThreeScaleError {
  readonly code = 'ERR_THREESCALE_USAGE'
}

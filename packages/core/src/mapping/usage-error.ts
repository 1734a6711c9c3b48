/** What mapping throws when the user's own usage function, or the sum of the matching rules, is no usage. */
import { ThreeScaleError } from '../errors.ts'

/** Our own mistake, never the caller's: the gateway answers 500 and sends nothing. */
export class UsageError extends ThreeScaleError {
  readonly code = 'ERR_THREESCALE_USAGE'
}

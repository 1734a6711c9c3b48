/** Warns of a client whose backend is called in plain http on another machine. */
import { processWarning } from '../primitives/process-warning.ts'
import { plainHttpWarning } from '../validation/backend-url.ts'

/** Warns once, as a gateway without a logger does. */
export function warnOfPlainHttp(backendUrl: string): void {
  const warning = plainHttpWarning('backendUrl', backendUrl)
  if (warning !== undefined) processWarning('THREESCALE_OPTIONS_1', warning)
}

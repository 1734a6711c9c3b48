/** Extensions of the API, sent in the `3scale-options` header. Source: apisonator docs/extensions.md. */
import { isRecord, kindOf } from '../../validation/checks.ts'
import { encode } from './parameter.ts'

/** Extensions that a call may ask for. `true` sends `1`; `false` and `undefined` send nothing. */
export interface Extensions {
  /** The backend does not add the usage of a metric to its ancestors, for this call. */
  readonly flatUsage?: boolean | undefined
  /** Lists the application's keys (at most 256) as `Verdict.appKeys`, and its id. */
  readonly listAppKeys?: boolean | undefined
  /**
   * Asks for an answer without a body: the verdict comes from the status and the headers alone, and `readable` is
   * false. Codes and reasons of 403 and 404 answers are then missing.
   */
  readonly noBody?: boolean | undefined
  /** Asks for the code of a 409 denial. On by default for authorize and authrep; false turns it off. */
  readonly rejectionReasonHeader?: boolean | undefined
  /** Tells how many further identical calls would pass, as `Verdict.limit`. */
  readonly limitHeaders?: boolean | undefined
  /** Lists the direct children of limited metrics, as `Verdict.hierarchy`. */
  readonly hierarchy?: boolean | undefined
  /** Any other extension, by its name on the wire. */
  readonly [name: string]: boolean | string | number | undefined
}

const WIRE_NAMES: ReadonlyMap<string, string> = new Map([
  ['flatUsage', 'flat_usage'],
  ['listAppKeys', 'list_app_keys'],
  ['noBody', 'no_body'],
  ['rejectionReasonHeader', 'rejection_reason_header'],
  ['limitHeaders', 'limit_headers'],
  ['hierarchy', 'hierarchy'],
])

/**
 * The header's value; empty if no extension is asked for.
 *
 * @param withRejectionReason whether to ask for the rejection reason by default.
 */
export function encodeExtensions(
  extensions: Extensions | undefined,
  withRejectionReason: boolean,
  problems: string[],
): string {
  if (extensions !== undefined && !isRecord(extensions)) {
    problems.push(`extensions must be an object such as { hierarchy: true }, not ${kindOf(extensions)}`)
    return ''
  }
  let header = withRejectionReason && extensions?.rejectionReasonHeader === undefined ? 'rejection_reason_header=1' : ''
  if (extensions === undefined) return header
  for (const name of Object.keys(extensions)) {
    const value = extensions[name]
    if (value === undefined || value === false) continue
    if (header !== '') header += '&'
    const wireName = WIRE_NAMES.get(name) ?? encode(name, 'the name of an extension', problems)
    header += `${wireName}=${value === true ? '1' : encode(value, `extensions.${name}`, problems)}`
  }
  return header
}

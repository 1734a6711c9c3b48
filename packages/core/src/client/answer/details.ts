/** What a status document says beside yes or no, read from its text on demand. */

import type { UsageReport } from '../../domain/verdict.ts'
import { readLoosely } from './loose-document.ts'
import { readStrictly } from './strict-document.ts'

export interface Details {
  readonly readable: boolean
  readonly plan: string | undefined
  readonly applicationId: string | undefined
  readonly applicationKey: string | undefined
  readonly redirectUrl: string | undefined
  readonly usageReports: readonly UsageReport[]
  readonly hierarchy: ReadonlyMap<string, readonly string[]> | undefined
  readonly appKeys: readonly string[] | undefined
}

/** What an answer without a document says. */
export const NO_DETAILS: Details = Object.freeze({
  readable: false,
  plan: undefined,
  applicationId: undefined,
  applicationKey: undefined,
  redirectUrl: undefined,
  usageReports: Object.freeze([]),
  hierarchy: undefined,
  appKeys: undefined,
})

/**
 * Reads a status document whose reason has been taken out. Never throws: as XML where it is well-formed, else by the
 * fixed form in which 3scale writes it, else `NO_DETAILS`.
 */
export function readDetails(document: string): Details {
  return readStrictly(document) ?? readLoosely(document) ?? NO_DETAILS
}

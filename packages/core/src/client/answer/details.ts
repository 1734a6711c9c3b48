/** What a status document says beside the verdict. */
import type { UsageReport } from '../../domain/verdict.ts'

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

/** One authorize or authrep call, with everything its validators and its answer need. */
import type { Application, Limit, Service } from '../provider/directory.ts'
import type { Windows } from '../provider/period.ts'
import type { ParameterHash } from '../rack/parameter.ts'
import type { Extensions } from './extensions.ts'
import type { RawUsage } from './usage.ts'

export interface Call {
  readonly parameters: ParameterHash
  readonly service: Service
  readonly application: Application
  /** The id as the caller wrote it, which the answer repeats. */
  readonly applicationId: string
  /** Called through an oauth_* endpoint. */
  readonly oauth: boolean
  /** authrep: the usage is counted. authorize: it is a prediction. */
  readonly counts: boolean
  readonly usage: RawUsage | undefined
  readonly extensions: Extensions
  /** The server's clock, epoch milliseconds. */
  readonly now: number
  readonly windows: Windows
  /** The limits to check, each with its current counter. */
  readonly limits: readonly CountedLimit[]
}

export interface CountedLimit {
  readonly limit: Limit
  readonly counted: bigint
}

/** Why a call is refused with 409 and a status document. */
export interface Rejection {
  readonly code: string
  readonly reason: string
}

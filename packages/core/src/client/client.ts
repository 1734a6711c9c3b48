/** The Service Management API as methods. Encodes, sends and decodes; decides nothing. */

import type { Credentials } from './credentials.ts'
import type { Verdict } from './verdict.ts'

/** What one authorize or authrep call is about, beside who calls. */
export interface AuthorizeCall {
  /** Amounts, or `'#5'` to set a metric to 5. authrep defaults to `{ hits: 1 }`, authorize to none. */
  readonly usage?: Readonly<Record<string, number | `#${number}`>> | undefined
  readonly service?: string | undefined
  readonly referrer?: string | undefined
  readonly signal?: AbortSignal | undefined
}

export interface Transaction {
  readonly userKey?: string | undefined
  readonly appId?: string | undefined
  readonly usage: Readonly<Record<string, number | `#${number}`>>
  readonly timestamp?: Date | string | undefined
  readonly timestampSeconds?: number | undefined
  readonly log?: Readonly<Record<string, string | number>> | undefined
  readonly service?: string | undefined
}

export declare class ThreeScaleClient {
  authrep(credentials: Credentials, call?: AuthorizeCall): Promise<Verdict>
  authorize(credentials: Credentials, call?: AuthorizeCall): Promise<Verdict>
  report(
    transactions: Iterable<Transaction>,
    call?: { service?: string | undefined; signal?: AbortSignal | undefined },
  ): Promise<{ accepted: number }>
  close(): Promise<void>
}

/** A ledger whose client's transport is a script. */
import type { ThreeScaleClient } from '../../packages/core/src/client/client.ts'
import type { Batch } from '../../packages/core/src/ledger/usage/batch.ts'
import { takeBatches } from '../../packages/core/src/ledger/usage/take-batches.ts'
import type { ReportMessage } from '../../packages/core/src/observe/messages.ts'
import { type Line, scripted } from './scripted-client.ts'
import { openLedger, type TestLedger } from './test-ledger.ts'

export interface TestReporting extends TestLedger {
  /** The bodies of the reports; `authorize` stands for a question. */
  readonly sent: string[]
  readonly reported: ReportMessage[]
  readonly misconfigured: string[]
  /** The batches that may have been counted. */
  readonly unanswered: readonly Batch[]
  readonly options: {
    readonly clock: TestLedger['clock']
    readonly client: ThreeScaleClient
    readonly observer: {
      called(): void
      reported(message: ReportMessage): void
      misconfigured(code: string): void
      warn(): void
    }
  }
  /** Whether the backend answers a question about an application. */
  answers(service: { readonly id: string | undefined }, applicationId: string): Promise<boolean>
  take(): Batch[]
}

/** @param onWaiting called when usage begins to wait. */
export function openReporting(lines: readonly Line[], onWaiting?: (records: number) => void): TestReporting {
  const { client, sent } = scripted(lines, { retry: false })
  const reported: ReportMessage[] = []
  const misconfigured: string[] = []
  const ledger = openLedger({ onWaiting })
  return {
    ...ledger,
    answers: ({ id }, applicationId) =>
      client.authorize({ appId: applicationId }, { service: id }).then(
        () => true,
        () => false,
      ),
    get sent() {
      return sent.map(({ method, body }) => (method === 'POST' ? decodeURIComponent(String(body)) : 'authorize'))
    },
    reported,
    misconfigured,
    get unanswered() {
      return [...ledger.whole.batches.unanswered()]
    },
    options: {
      clock: ledger.clock,
      client,
      observer: {
        called: () => {},
        reported: (message) => void reported.push(message),
        misconfigured: (code) => void misconfigured.push(code),
        warn: () => {},
      },
    },
    take: () => takeBatches(ledger.service, { provedWithinMs: 1e9, late: 're-stamp' }),
  }
}

export const ACCEPTED: Line = { status: 202 }

/** An error document of the backend. */
export function refusal(status: number, code: string): Line {
  return { status, body: `<?xml version="1.0" encoding="UTF-8"?><error code="${code}">x</error>` }
}

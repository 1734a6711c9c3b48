/** A ledger whose client's transport is a script. */
import type { Batch } from '../../src/ledger/usage/batch.ts'
import { takeBatches } from '../../src/ledger/usage/take-batches.ts'
import type { ReportMessage } from '../../src/observe/messages.ts'
import { type Line, scripted } from '../client/scripted.ts'
import { type Books, openBooks } from '../ledger/books.ts'

export interface Desk extends Books {
  /** Bodies of the reports, `authorize` for a question. */
  readonly sent: string[]
  readonly reported: ReportMessage[]
  readonly misconfigured: string[]
  readonly doubts: Batch[]
  readonly options: {
    readonly clock: Books['clock']
    readonly onUnanswered: (batch: Batch) => void
    readonly observer: {
      called(): void
      reported(message: ReportMessage): void
      misconfigured(code: string): void
    }
  }
  take(): Batch[]
}

export function openDesk(lines: readonly Line[], maxApplications = 100): Desk {
  const { client, sent } = scripted(lines, { retry: false })
  const reported: ReportMessage[] = []
  const misconfigured: string[] = []
  const doubts: Batch[] = []
  const books = openBooks({ client, maxApplications })
  return {
    ...books,
    get sent() {
      return sent.map(({ method, body }) => (method === 'POST' ? decodeURIComponent(String(body)) : 'authorize'))
    },
    reported,
    misconfigured,
    doubts,
    options: {
      clock: books.clock,
      onUnanswered: (batch) => void doubts.push(batch),
      observer: {
        called: () => {},
        reported: (message) => void reported.push(message),
        misconfigured: (code) => void misconfigured.push(code),
      },
    },
    take: () => takeBatches(books.service, { provedWithinMs: 1e9, late: 're-stamp' }),
  }
}

export const ACCEPTED: Line = { status: 202 }

/** An error document of the backend's. */
export function refusal(status: number, code: string): Line {
  return { status, body: `<?xml version="1.0" encoding="UTF-8"?><error code="${code}">x</error>` }
}

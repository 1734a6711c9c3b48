/** The outcome of a batch in the words of the diagnostics channel. */
import type { ReportOutcome } from '../client/answer/report-outcome.ts'
import { BackendError, isThreeScaleError, RejectedError } from '../errors.ts'
import type { ReportMessage } from '../observe/messages.ts'

/** `unsendable`: the client refuses to encode the batch. */
export type Attempt = ReportOutcome | { readonly kind: 'unsendable' }

export function describe(outcome: Attempt): Pick<ReportMessage, 'outcome' | 'status' | 'code'> {
  const error = 'error' in outcome ? outcome.error : undefined
  const status = outcome.kind === 'accepted' ? 202 : statusOf(error)
  const code = error instanceof RejectedError ? error.rejection : isThreeScaleError(error) ? error.code : undefined
  return { outcome: wordFor(outcome.kind, error), status, code }
}

function wordFor(kind: Attempt['kind'], error: unknown): ReportMessage['outcome'] {
  switch (kind) {
    case 'accepted':
      return 'accepted'
    case 'not-counted':
      return error instanceof BackendError ? 'busy' : 'unsent'
    case 'refused':
      return 'rejected'
    case 'too-large':
      return 'too-large'
    case 'bad-request':
    case 'unsendable':
      return 'refused'
    case 'unknown':
      return 'ambiguous'
  }
}

function statusOf(error: unknown): number | undefined {
  return typeof error === 'object' && error !== null && 'status' in error ? (error.status as number) : undefined
}

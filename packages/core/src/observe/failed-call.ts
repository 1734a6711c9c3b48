/** What the operator is told of a call that 3scale did not answer: the host, what happened, and what to look at. */
import { BackendError, TimeoutError, TransportError } from '../errors.ts'
import { type ForeignAnswer, foreignAnswer, foreignSentence } from './foreign-answer.ts'

/** No answer came, or one with a 5xx status. */
export interface NoAnswer {
  /** Host and port of `backendUrl`. */
  readonly host: string
  /** The system's or undici's code (ECONNREFUSED), 'timeout', or the status as text. */
  readonly cause: string
}

/** Why a call failed, free of secrets. */
export type FailedCall = ForeignAnswer | NoAnswer

/** Why a call failed that was made to `host`; undefined if neither the way nor the backend is the reason. */
export function failedCall(error: unknown, host: string): FailedCall | undefined {
  if (error instanceof TransportError) return { host, cause: systemCodeOf(error) }
  if (error instanceof TimeoutError) return { host, cause: 'timeout' }
  if (error instanceof BackendError) return { host, cause: String(error.status) }
  return foreignAnswer(error, host)
}

/** Says what happened and what to look at. */
export function failureSentence(failure: FailedCall): string {
  if ('contentType' in failure) return foreignSentence(failure)
  const { host, cause } = failure
  return `the 3scale backend does not answer: ${host} ${happened(cause)}`
}

/** Error codes of Node and OpenSSL for certificates and handshakes. */
const TLS = /^(ERR_TLS_|ERR_SSL_|CERT_|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|EPROTO$|HOSTNAME_MISMATCH$)/

function happened(cause: string): string {
  if (cause === 'ECONNREFUSED')
    return 'refuses connections (ECONNREFUSED); check backendUrl, its port, and that it runs'
  if (cause === 'ENOTFOUND' || cause === 'EAI_AGAIN')
    return `is not found (${cause}); check backendUrl and name resolution`
  if (TLS.test(cause)) return `has no acceptable TLS certificate (${cause}); for your own CA see the option dispatcher`
  if (cause === 'timeout' || cause === 'ETIMEDOUT' || cause === 'UND_ERR_CONNECT_TIMEOUT') {
    return `gave no answer in time (${cause}); check the network, a proxy or firewall on the way, and timeoutMs`
  }
  if (/^\d+$/.test(cause)) return `answers ${cause}`
  return `broke the connection (${cause})`
}

/** The system's, undici's or OpenSSL's code for why there was no connection, or why it broke. */
export function systemCodeOf({ cause }: TransportError): string {
  return typeof cause === 'object' && cause !== null && 'code' in cause ? String(cause.code) : 'UNKNOWN'
}

/** What the operator is told of an answer that is not 3scale's: where it came from and what it was, never what it said. */
import { ProtocolError } from '../errors.ts'

export interface ForeignAnswer {
  /** Host and port of `backendUrl`. */
  readonly host: string
  readonly status: number
  readonly contentType: string
}

/** The answer that a call failed by, if it was not 3scale's. */
export function foreignAnswer(error: unknown, host: string): ForeignAnswer | undefined {
  if (!(error instanceof ProtocolError) || error.foreign === undefined) return undefined
  return { host, status: error.status, contentType: error.foreign }
}

/** Says what came and what to look at. */
export function foreignSentence({ host, status, contentType }: ForeignAnswer): string {
  return (
    `${host} does not answer as 3scale: the status of its answer is ${status}, the type ${contentType}; ` +
    'check backendUrl and its path, and the ingress, proxy or firewall in front of it'
  )
}

/** A client whose transport is a script. */
import {
  TRANSPORT,
  type TransportRequest,
  type TransportResponse,
} from '../../packages/core/src/client/transport/transport.ts'
import { type ClientOptions, ThreeScaleClient } from '../../packages/core/src/index.ts'
import { TYPE } from './socket-backend.ts'

/** The script's reaction to one request: an answer, or an error to reject with. */
export type Line = Error | (Partial<Omit<TransportResponse, 'body'>> & { readonly body?: string | Uint8Array })

export interface Scripted {
  readonly client: ThreeScaleClient
  readonly sent: TransportRequest[]
}

/** Answers one request per line, then repeats the last line. Default: status 200 with 3scale's content type. */
export function scripted(lines: readonly Line[], options: Partial<ClientOptions> = {}): Scripted {
  const sent: TransportRequest[] = []
  const client = new ThreeScaleClient({
    serviceId: '1001',
    serviceToken: 'stoken',
    ...options,
    [TRANSPORT]: {
      request(request) {
        sent.push(request)
        const line = lines[Math.min(sent.length, lines.length) - 1]!
        return line instanceof Error ? Promise.reject(line) : Promise.resolve(answer(line))
      },
    },
  })
  return { client, sent }
}

function answer({ body = '', status = 200, headers = {}, failure }: Exclude<Line, Error>): TransportResponse {
  const bytes = typeof body === 'string' ? Buffer.from(body) : body
  return { status, headers: { 'content-type': TYPE, ...headers }, body: bytes, failure }
}

/** An emulator in the same process in place of the network. */
import type { Emulator } from '@threescale/emulator'
import type { TransportRequest, TransportResponse } from '../../packages/core/src/client/transport/transport.ts'

export function answerBy(emulator: Emulator, { method, path, headers, body }: TransportRequest): TransportResponse {
  const fields: Record<string, string> = {}
  for (let at = 0; at < headers.length; at += 2) fields[headers[at]!] = headers[at + 1]!
  const answer = emulator.handle({ method, target: path, headers: fields, body })
  return { status: answer.status, headers: answer.headers, body: Buffer.from(answer.body) }
}

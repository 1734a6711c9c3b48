/**
 * Reads requests that Node's parser refuses although the real backend reads them: bytes beyond ASCII in the request
 * line, and methods that it does not know. Works on the packet that a server's `clientError` event carries.
 */
import type { EmulatorRequest } from '../http/message.ts'
import { isSupported } from '../http/routes.ts'

/** The request in the packet, or undefined when it was refused for another reason or is not complete. */
export function readLenientRequest(packet: Buffer | undefined): EmulatorRequest | undefined {
  const end = packet?.indexOf('\r\n\r\n') ?? -1
  if (!packet || end < 0) return undefined
  const [requestLine = '', ...lines] = packet.subarray(0, end).toString('latin1').split('\r\n')
  const match = /^([A-Z0-9$_.-]{1,20}) ([!-~\x80-\xff]+) HTTP\/1\.1$/.exec(requestLine)
  if (!match || (isSupported(match[1]!) && !/[\x80-\xff]/.test(match[2]!))) return undefined
  const headers: Record<string, string> = {}
  for (const line of lines) {
    const field = /^([^\s:]+):[ \t]*(.*?)[ \t]*$/.exec(line)
    if (!field) return undefined
    headers[field[1]!.toLowerCase()] = field[2]!
  }
  const body = packet.subarray(end + 4)
  if (headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) !== body.length) {
    return undefined
  }
  return { method: match[1]!, target: match[2]!, headers, body }
}

/** Sends one request as raw bytes over its own connection, and returns the raw answer. */
import { connect } from 'node:net'

export interface RawAnswer {
  readonly status: number
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/**
 * Sends the request, and adds Host and Content-Length if they are missing. Without a body there is no length either,
 * except where it is empty and not undefined. The target is sent as UTF-8.
 */
export function sendRaw(
  port: number,
  method: string,
  target: string,
  headers: Readonly<Record<string, string>>,
  body: Buffer | undefined,
): Promise<RawAnswer> {
  const names = new Set(Object.keys(headers).map((name) => name.toLowerCase()))
  const lines = [`${method} ${target} HTTP/1.1`]
  if (!names.has('host')) lines.push('Host: localhost')
  for (const [name, value] of Object.entries(headers)) lines.push(`${name}: ${value}`)
  const chunked = names.has('transfer-encoding')
  if (body && !chunked && (body.length > 0 || method === 'POST')) lines.push(`Content-Length: ${body.length}`)
  lines.push('Connection: close', '', '')
  const bytes = body ?? Buffer.alloc(0)
  const payload = chunked
    ? Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from('\r\n0\r\n\r\n')])
    : bytes
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    const socket = connect(port, '127.0.0.1', () => {
      socket.write(Buffer.concat([Buffer.from(lines.join('\r\n')), payload]))
    })
    socket.on('data', (chunk) => chunks.push(chunk))
    socket.on('error', reject)
    socket.on('end', () => resolve(readAnswer(Buffer.concat(chunks))))
  })
}

function readAnswer(bytes: Buffer): RawAnswer {
  const end = bytes.indexOf('\r\n\r\n')
  const [statusLine = '', ...lines] = bytes.subarray(0, end).toString('latin1').split('\r\n')
  const headers: Record<string, string> = {}
  for (const line of lines) {
    const colon = line.indexOf(':')
    headers[line.slice(0, colon).toLowerCase()] = line.slice(colon + 1).trim()
  }
  return { status: Number(statusLine.split(' ')[1]), headers, body: bytes.subarray(end + 4).toString('utf8') }
}

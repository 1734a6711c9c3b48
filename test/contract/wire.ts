/** A client that writes and returns the exact bytes of HTTP/1.1, for requests that ordinary clients would normalize. */
import { connect, type Socket } from 'node:net'

export interface Answer {
  readonly status: number
  /** Names in lower case; repeated fields have all their values. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export interface Asking {
  readonly method?: string
  readonly target?: string
  readonly headers?: Readonly<Record<string, string>>
  /** Bytes as latin1. */
  readonly body?: string
}

/** Sends one request on its own connection; resolves after the server has closed it. */
export async function ask(port: number, asking: Asking): Promise<Answer> {
  const socket = open(port, asking)
  return parse(await everything(socket), asking.method)
}

/** Sends a request and returns its connection. */
export function open(port: number, { method = 'GET', target = '/', headers = {}, body = '' }: Asking): Socket {
  const socket = connect(port, '127.0.0.1')
  // The server may close the connection while we write.
  socket.on('error', () => {})
  const fields = { host: '127.0.0.1', connection: 'close', ...headers }
  const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}`)
  if (body !== '' && !('content-length' in fields)) lines.push(`content-length: ${body.length}`)
  socket.write(`${method} ${target} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n${body}`, 'latin1')
  return socket
}

/** All bytes until the connection ends. */
export async function everything(socket: Socket): Promise<Buffer> {
  const chunks: Buffer[] = []
  socket.on('data', (chunk) => chunks.push(chunk))
  if (!socket.closed) await new Promise((resolve) => socket.once('close', resolve))
  return Buffer.concat(chunks)
}

export function parse(bytes: Buffer, method = 'GET'): Answer {
  const end = bytes.indexOf('\r\n\r\n')
  const [first = '', ...lines] = bytes.subarray(0, end).toString('latin1').split('\r\n')
  const headers: Record<string, string> = {}
  for (const line of lines) {
    const colon = line.indexOf(':')
    const name = line.slice(0, colon).toLowerCase()
    const value = line.slice(colon + 1).trim()
    headers[name] = name in headers ? `${headers[name]}, ${value}` : value
  }
  const rest = bytes.subarray(end + 4)
  const chunked = headers['transfer-encoding'] === 'chunked' && method !== 'HEAD'
  return { status: Number(first.split(' ')[1]), headers, body: (chunked ? dechunk(rest) : rest).toString() }
}

function dechunk(bytes: Buffer): Buffer {
  const parts: Buffer[] = []
  for (let at = 0; at < bytes.length; ) {
    const end = bytes.indexOf('\r\n', at)
    const size = Number.parseInt(bytes.subarray(at, end).toString(), 16)
    if (!size) break
    parts.push(bytes.subarray(end + 2, end + 2 + size))
    at = end + 2 + size + 2
  }
  return Buffer.concat(parts)
}

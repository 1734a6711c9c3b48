/** Asks an app whose time limit ends the answer with 503 while 3scale's guard is at work, then asks it for `/fine`. */
import { Agent, createServer, type IncomingMessage, type RequestListener, request } from 'node:http'
import { onTestFinished, vi } from 'vitest'
import { closeServer, listenOnLoopback } from '../support/listening.ts'

export const SMALL = Buffer.from('too slow')
/** More than a connection takes at once. */
export const LARGE = Buffer.alloc(8_000_000, 'too slow')

/** What the client and the console saw. */
export interface Seen {
  readonly statuses: readonly (number | undefined)[]
  /** Of the body of the answer that the time limit gave. */
  readonly bytes: number
  readonly sockets: number
  /** First arguments of `console.error`. */
  readonly logged: readonly unknown[]
}

/** A form of which the first half is sent at once and the other half once the answer is there. */
export interface HalfSent {
  readonly type: string
  readonly halves: readonly [string, string]
}

/** @param proceed lets the guard go on; called when the answer has begun and nothing has read its body. */
export async function throughTimeLimit(
  listener: RequestListener,
  proceed: () => unknown,
  form?: HalfSent,
): Promise<Seen> {
  const server = createServer(listener)
  const port = await listenOnLoopback(server)
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  const sockets = new Set<unknown>()
  const ask = (path: string, body?: HalfSent) =>
    new Promise<IncomingMessage>((resolve, reject) => {
      const method = body === undefined ? 'GET' : 'POST'
      const asking = request({ port, host: '127.0.0.1', path, agent, method }, (answer) => {
        if (body !== undefined) asking.end(body.halves[1])
        resolve(answer)
      })
      asking.on('error', reject).on('socket', (socket) => sockets.add(socket))
      if (body === undefined) return asking.end()
      asking.setHeader('content-type', body.type)
      asking.setHeader('content-length', body.halves.join('').length)
      asking.write(body.halves[0])
    })
  const logged = vi.spyOn(console, 'error').mockReturnValue(undefined)
  onTestFinished(() => logged.mockRestore())
  const late = await ask('/', form)
  await proceed()
  await new Promise((resolve) => setTimeout(resolve, 20))
  const body = Buffer.concat(await late.toArray())
  // Only then the agent has the connection back.
  await new Promise(setImmediate)
  const fine = await ask('/fine')
  await fine.resume().toArray()
  agent.destroy()
  await closeServer(server)
  return {
    statuses: [late.statusCode, fine.statusCode],
    bytes: body.length,
    sockets: sockets.size,
    logged: logged.mock.calls.map(([first]) => first),
  }
}

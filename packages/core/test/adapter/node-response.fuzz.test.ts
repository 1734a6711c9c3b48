/** However a handler ends an answer or takes its socket, what follows the response hears of its end once. */
import { EventEmitter } from 'node:events'
import { createServer, type IncomingMessage, ServerResponse } from 'node:http'
import { connect, type Socket } from 'node:net'
import { setImmediate as turn } from 'node:timers/promises'
import fc from 'fast-check'
import { describe, expect, it, onTestFinished } from 'vitest'
import { eventually } from '../../../../test/support/eventually.ts'
import { closeServer, listenOnLoopback } from '../../../../test/support/listening.ts'
import { followEnd, followResponse } from '../../src/adapter/node-response.ts'
import { FUZZ_RUNS, FUZZ_TIMEOUT_MS } from '../fuzz-runs.ts'

type Handler = (request: IncomingMessage, response: ServerResponse) => void

const RAW = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'

/** A pipelined response has no socket to take yet. */
function take({ socket }: IncomingMessage, response: ServerResponse): Socket {
  if (response.socket !== null) response.detachSocket(response.socket)
  return socket
}

const handlers: Record<string, Handler> = {
  'ends it': (_request, response) => response.end('ok'),
  'writes and ends it later': (_request, response) => {
    response.write('o')
    setImmediate(() => response.end('k'))
  },
  'leaves it open': () => {},
  'destroys it': (_request, response) => response.destroy(),
  'destroys the socket': ({ socket }) => socket.destroy(),
  'answers on the socket and leaves the response': ({ socket }) => socket.write(RAW),
  'answers on the socket and closes it': ({ socket }) => socket.end(RAW),
  'takes the socket and keeps it': (request, response) => take(request, response).write(RAW),
  'takes the socket and closes it': (request, response) => take(request, response).end(RAW),
  'takes the socket later': (request, response) => setImmediate(() => take(request, response).write(RAW)),
  'takes the socket after a part': (request, response) => {
    response.write('part')
    take(request, response).write('0\r\n\r\n')
  },
  'takes the socket and ends the response': (request, response) => {
    take(request, response).write(RAW)
    response.end('lost')
  },
  'gives the socket to another response': (request, response) => {
    if (response.socket === null) return
    const socket = take(request, response)
    const other = new ServerResponse(request)
    other.assignSocket(socket)
    other.on('finish', () => other.detachSocket(socket)).end('ok')
  },
  'removes all listeners and takes the socket': (request, response) => {
    response.removeAllListeners()
    take(request, response).write(RAW)
  },
}

interface Step {
  readonly name: string
  readonly follow: typeof followEnd
  readonly times: number
  readonly late: boolean
}

const steps = fc.record<Step>({
  name: fc.constantFrom(...Object.keys(handlers)),
  follow: fc.constantFrom(followEnd, followResponse),
  times: fc.constantFrom(1, 2),
  late: fc.boolean(),
})

it('law 10: nothing waits for a response whose connection has closed', { timeout: FUZZ_TIMEOUT_MS }, async () => {
  let plan: readonly Step[] = []
  let ends: number[] = []
  let served = 0
  const sockets = new Set<Socket>()
  const inTurn: ServerResponse[] = []
  const server = createServer((request, response) => {
    const step = plan[served++]!
    sockets.add(request.socket)
    const serve = () => {
      for (let time = 0; time < step.times; time++) {
        const at = ends.push(0) - 1
        step.follow(request, response, () => ends[at]!++)
      }
      // Node asserts that no later response of a socket finishes once an earlier one has lost it.
      const taken = inTurn.some((earlier) => earlier.socket === null && !earlier.writableFinished)
      if (response.socket !== null) inTurn.push(response)
      if (!taken) handlers[step.name]!(request, response)
    }
    step.late ? setImmediate(serve) : serve()
  })
  server.on('clientError', (_error, socket) => socket.destroy())
  const port = await listenOnLoopback(server)
  onTestFinished(() => closeServer(server))
  await fc.assert(
    fc.asyncProperty(fc.array(steps, { minLength: 1, maxLength: 6 }), async (given) => {
      plan = given
      ends = []
      served = 0
      sockets.clear()
      inTurn.length = 0
      const socket = connect(port, '127.0.0.1').on('error', () => {})
      socket.resume().write('GET / HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(plan.length))
      await eventually(() => served > 0, 'serving')
      for (let turns = 0; turns < 6; turns++) await turn()
      socket.destroy()
      await eventually(() => [...sockets].every(({ closed }) => closed), 'closing')
      for (let turns = 0; turns < 3; turns++) await turn()
      expect(ends).toEqual(ends.map(() => 1))
    }),
    { numRuns: FUZZ_RUNS },
  )
})

it.each([followEnd, followResponse])('one listener waits on a socket for all its requests: %o', async (follow) => {
  const counts: number[] = []
  const server = createServer((request, response) => {
    follow(request, response, () => {})
    follow(request, response, () => {})
    counts.push(request.socket.listenerCount('close'))
    response.end('ok')
  })
  const port = await listenOnLoopback(server)
  onTestFinished(() => closeServer(server))
  const socket = connect(port, '127.0.0.1').on('error', () => {})
  for (let asked = 1; asked <= 20; asked++) {
    socket.resume().write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
    await eventually(() => counts.length === asked, 'serving')
    await turn()
  }
  socket.destroy()
  expect(new Set(counts)).toEqual(new Set([counts[0]]))
})

describe.each([followEnd, followResponse])('a response without events of a socket, by %o', (follow) => {
  // Of tests, and of adapters for functions in a cloud.
  const silent = () => ({ on() {}, removeListener() {}, write: () => true, cork() {}, uncork() {} }) as never
  const requests = { 'no socket': undefined, 'null in its place': null, 'an address': { remoteAddress: '10.0.0.1' } }
  const responses = {
    'no socket yet': (request: never) => new ServerResponse(request),
    'a silent socket': (request: never) => {
      const response = new ServerResponse(request)
      response.assignSocket(silent())
      return response
    },
    'no socket ever': () => new EventEmitter() as ServerResponse,
  }
  it.each(Object.keys(requests).flatMap((one) => Object.keys(responses).map((other) => [one, other] as const)))(
    'request with %s, response with %s: is followed',
    (socket, kind) => {
      const request = {
        httpVersionMajor: 1,
        aborted: false,
        socket: requests[socket as keyof typeof requests],
      } as never
      const response = responses[kind as keyof typeof responses](request)
      let ended = 0
      expect(follow(request, response, () => ended++)).toBe(true)
      response.emit('finish')
      response.emit('close')
      expect(ended).toBe(1)
    },
  )
})

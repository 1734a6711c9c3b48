/** Whatever middleware has replaced `write` and `end`, before the count or after it, what arrives is what was counted. */
import { createServer, get, type ServerResponse } from 'node:http'
import { type ClientHttp2Session, connect, createServer as createServer2 } from 'node:http2'
import { deflateRawSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it, onTestFinished } from 'vitest'
import { closeServer, listenOnLoopback } from '../../../../test/support/listening.ts'
import { countWrittenBytes } from '../../src/adapter/written-bytes.ts'
import { FUZZ_RUNS, FUZZ_TIMEOUT_MS } from '../fuzz-runs.ts'

type Write = (...given: unknown[]) => unknown
interface Methods {
  write: Write
  end: Write
}
/** What a middleware puts in the place of both methods. */
type Middleware = (response: Methods, original: Methods) => Partial<Methods>

const isChunk = (given: unknown) => typeof given === 'string' || given instanceof Uint8Array

function bytesOf([chunk, encoding]: unknown[]): Buffer {
  const of = typeof encoding === 'string' ? (encoding as BufferEncoding) : 'utf8'
  return typeof chunk === 'string' ? Buffer.from(chunk, of) : Buffer.from(isChunk(chunk) ? (chunk as Uint8Array) : [])
}

const callbackOf = (given: unknown[]) => given.filter((value) => typeof value === 'function')

/** Ends by `response.write`, which leads through all that was put there later. */
const byWrite: Record<string, Middleware> = {
  'a header first': (response, { end }) => ({
    end: (...given) => {
      response.write('<header>')
      return end(...given)
    },
  }),
  'a footer': (response, { end }) => ({
    end: (...given) => {
      if (isChunk(given[0])) response.write(given[0], given[1])
      response.write('<footer>')
      return end(...callbackOf(given))
    },
  }),
  'a footer, in another encoding': (response, { end }) => ({
    end: (...given) => {
      if (isChunk(given[0])) response.write(given[0])
      response.write('<footer>')
      return end(...callbackOf(given))
    },
  }),
  'the last part twice': (response, { end }) => ({
    end: (...given) => {
      if (isChunk(given[0])) response.write(given[0], given[1])
      if (isChunk(given[0])) response.write(given[0], given[1])
      return end(...callbackOf(given))
    },
  }),
  'as bytes': (response, { end }) => ({
    end: (...given) => {
      if (isChunk(given[0])) response.write(bytesOf(given))
      return end(...callbackOf(given))
    },
  }),
  'a footer, later': (response, { end }) => ({
    end: (...given) => {
      setImmediate(() => {
        if (isChunk(given[0])) response.write(given[0], given[1])
        response.write('<footer>')
        end(...callbackOf(given))
      })
      return response
    },
  }),
  'once more by itself, later': (response, { end }) => {
    let begun = false
    return {
      end: (...given) => {
        if (begun) return end(...given)
        begun = true
        return setImmediate(() => response.end(...given))
      },
    }
  },
}

const handingOn: Record<string, Middleware> = {
  none: () => ({}),
  'all of it': (_response, { write, end }) => ({
    write: (...given) => write(...given),
    end: (...given) => end(...given),
  }),
  'the end later': (_response, { end }) => ({ end: (...given) => setImmediate(() => end(...given)) }),
  'the last part by write': (_response, { write, end }) => ({
    end: (...given) => {
      if (isChunk(given[0])) write(given[0], given[1])
      return end(...callbackOf(given))
    },
  }),
}

/** Only what is beneath them can tell what they send. */
const changing: Record<string, Middleware> = {
  'each part twice': (_response, { write, end }) => ({
    write: (...given) => write(Buffer.concat([bytesOf(given), bytesOf(given)]), ...callbackOf(given)),
    end: (...given) => end(Buffer.concat([bytesOf(given), bytesOf(given)]), ...callbackOf(given)),
  }),
  'deflated as a whole': (_response, { end }) => {
    const parts: Buffer[] = []
    return {
      write: (...given) => {
        parts.push(bytesOf(given))
        for (const callback of callbackOf(given)) (callback as () => void)()
        return true
      },
      end: (...given) => end(deflateRawSync(Buffer.concat([...parts, bytesOf(given)])), ...callbackOf(given)),
    }
  },
  nothing: (_response, { end }) => ({ write: () => true, end: () => end() }),
}

function put(response: Methods, middleware: Middleware): void {
  const [write, end] = [response.write, response.end]
  const original = { write: write.bind(response), end: end.bind(response) }
  Object.assign(response, middleware(response, original))
}

const middlewareOf = (...groups: Record<string, Middleware>[]) =>
  fc.constantFrom(...groups.flatMap((group) => Object.entries(group))).map(([name, put]) => ({ name, put }))

const chunk = fc.oneof(
  fc.constantFrom('', 'one', 'über', 'x'.repeat(3000)).map((text) => [text]),
  fc
    .tuple(fc.constantFrom('one', 'über'), fc.constantFrom('latin1', 'utf8', 'hex'))
    .map(([text, encoding]) => (encoding === 'hex' ? [Buffer.from(text).toString('hex'), encoding] : [text, encoding])),
  fc.constantFrom(0, 7, 40_000).map((size) => [Buffer.alloc(size, 'b')]),
)
const handler = fc.record({
  parts: fc.array(fc.tuple(chunk, fc.boolean()), { maxLength: 3 }),
  last: fc.option(chunk, { nil: [] as never }),
  callback: fc.boolean(),
})

describe.each(['HTTP/1.1', 'HTTP/2'] as const)('over %s', (protocol) => {
  it('bytesWritten is what arrives', { timeout: FUZZ_TIMEOUT_MS }, async () => {
    let serve: (response: Methods & ServerResponse, count: () => void) => void
    let counted = () => -1
    const answer = (request: never, response: never) =>
      serve(response, () => {
        counted = countWrittenBytes(request, response)
      })
    const server = protocol === 'HTTP/2' ? createServer2(answer as never) : createServer(answer as never)
    const port = await listenOnLoopback(server)
    let session: ClientHttp2Session | undefined
    onTestFinished(() => {
      session?.destroy()
      return protocol === 'HTTP/2' ? void server.close() : closeServer(server as never)
    })
    if (protocol === 'HTTP/2') session = connect(`http://127.0.0.1:${port}`)
    const arrival = () =>
      new Promise<number>((resolve, reject) => {
        let bytes = 0
        const read = (stream: NodeJS.ReadableStream) =>
          stream
            .on('data', (data: Buffer) => {
              bytes += data.length
            })
            .on('end', () => resolve(bytes))
            .on('error', reject)
        if (session === undefined) get({ port, host: '127.0.0.1' }, read).on('error', reject)
        else read(session.request({ ':method': 'GET' }))
      })
    // Of what earlier middleware changes, HTTP/1 shows nothing.
    const pairs =
      protocol === 'HTTP/2'
        ? fc.tuple(middlewareOf(handingOn, byWrite, changing), middlewareOf(handingOn, byWrite, changing))
        : fc.oneof(
            fc.tuple(middlewareOf(handingOn, byWrite), middlewareOf(handingOn, byWrite)),
            fc.tuple(middlewareOf(handingOn), middlewareOf(changing)),
          )
    await fc.assert(
      fc.asyncProperty(pairs, handler, async ([earlier, later], { parts, last, callback }) => {
        serve = (response, count) => {
          put(response, earlier.put)
          count()
          put(response, later.put)
          for (const [part, called] of parts) response.write(...part, ...(called ? [() => {}] : []))
          response.end(...last, ...(callback ? [() => {}] : []))
        }
        expect(await arrival()).toBe(counted())
      }),
      { numRuns: FUZZ_RUNS },
    )
  })
})

import { createServer, get, type ServerResponse } from 'node:http'
import { connect, createServer as createServer2 } from 'node:http2'
import { describe, expect, it, onTestFinished } from 'vitest'
import { closeServer, listenOnLoopback } from '../../../../test/support/listening.ts'
import { countWrittenBytes } from '../../src/adapter/written-bytes.ts'

type Serve = (response: ServerResponse) => void

/** Serves one request; resolves with what was counted and what arrived, once the response has finished. */
async function overHttp1(
  serve: Serve,
  method = 'GET',
  earlier: Serve = () => {},
): Promise<{ counted: number; arrived: number }> {
  let counted = () => -1
  const server = createServer((request, response) => {
    earlier(response)
    counted = countWrittenBytes(request, response)
    serve(response)
  })
  const port = await listenOnLoopback(server)
  onTestFinished(() => closeServer(server))
  const arrived = await new Promise<number>((resolve) => {
    get({ port, host: '127.0.0.1', method, agent: false }, (response) => {
      let bytes = 0
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length
      })
      response.on('end', () => resolve(bytes))
    })
  })
  return { counted: counted(), arrived }
}

async function overHttp2(
  serve: Serve,
  method = 'GET',
  earlier: Serve = () => {},
): Promise<{ counted: number; arrived: number }> {
  let counted = () => -1
  const server = createServer2((request, response) => {
    earlier(response as never)
    counted = countWrittenBytes(request, response as never)
    serve(response as never)
  })
  const session = connect(`http://127.0.0.1:${await listenOnLoopback(server)}`)
  onTestFinished(() => {
    session.destroy()
    server.close()
  })
  const stream = session.request({ ':method': method })
  const arrived = await new Promise<number>((resolve) => {
    let bytes = 0
    stream.on('data', (chunk: Buffer) => {
      bytes += chunk.length
    })
    stream.on('end', () => resolve(bytes))
    stream.end()
  })
  return { counted: counted(), arrived }
}

describe.each([
  ['HTTP/1.1', overHttp1],
  ['HTTP/2', overHttp2],
] as const)('bytes written over %s', (_name, over) => {
  it.each<[string, Serve, number]>([
    ['nothing', (response) => response.end(), 0],
    ['a text', (response) => response.end('über'), 5],
    ['a text in another encoding', (response) => response.end('über', 'latin1'), 4],
    ['bytes', (response) => response.end(Buffer.alloc(7)), 7],
    [
      'several parts with callbacks',
      (response) => {
        response.write('one', () => {})
        response.write('zwö', 'utf8', () => response.end('three', () => {}))
      },
      12,
    ],
    [
      'parts after the end, which are not sent',
      (response) => {
        response.on('error', () => {})
        response.end('one')
        response.end('three')
      },
      3,
    ],
    [
      'the body of a status without one',
      (response) => {
        response.statusCode = 204
        response.end('none')
      },
      0,
    ],
  ])('%s', async (_what, serve, bytes) => {
    expect(await over(serve)).toEqual({ counted: bytes, arrived: bytes })
  })

  it('the body of an answer to HEAD is none', async () => {
    expect(await over((response) => response.end('none'), 'HEAD')).toEqual({ counted: 0, arrived: 0 })
  })
})

type Method = (chunk?: unknown) => unknown

describe.each([
  ['HTTP/1.1', overHttp1],
  ['HTTP/2', overHttp2],
] as const)('earlier middleware over %s', (_name, over) => {
  it.each<[string, (response: ServerResponse, write: Method, end: Method) => { write?: Method; end?: Method }]>([
    [
      'that adds a footer at the end',
      (response, _write, end) => ({
        end: (chunk) => {
          if (chunk !== undefined) response.write(chunk)
          response.write('footer')
          return end()
        },
      }),
    ],
    [
      'that adds a footer by the method of Node',
      (_response, write, end) => ({
        end: (chunk) => {
          if (chunk !== undefined) write(chunk)
          return end()
        },
      }),
    ],
    [
      'that hands everything on',
      (_response, write, end) => ({ write: (chunk) => write(chunk), end: (chunk) => end(chunk) }),
    ],
    [
      'that ends by the method of the response',
      (response, write, end) => {
        let ended = false
        return {
          write,
          end: (chunk) => {
            if (ended) return end(chunk)
            ended = true
            response.write('before')
            return response.end(chunk)
          },
        }
      },
    ],
  ])('%s', async (_what, replace) => {
    const serve = (chunks: readonly string[], last: string | undefined) => (response: ServerResponse) => {
      for (const chunk of chunks) response.write(chunk)
      response.end(last)
    }
    const earlier = (response: ServerResponse) => {
      const { write, end } = response
      Object.assign(
        response,
        replace(
          response,
          (chunk) => write.call(response, chunk as string, 'utf8'),
          (chunk) => end.call(response, chunk as string, 'utf8'),
        ),
      )
    }
    for (const chunks of [[], ['one'], ['one', 'one']]) {
      for (const last of [undefined, 'end']) {
        const { counted, arrived } = await over(serve(chunks, last), 'GET', earlier)
        expect(counted).toBe(arrived)
      }
    }
  })
})

it('what is written after the end of an answer of HTTP/1.1 counts nothing', async () => {
  const serve: Serve = (response) => {
    response.on('error', () => {})
    response.end('one')
    response.write('two', () => {})
  }
  expect(await overHttp1(serve)).toEqual({ counted: 3, arrived: 3 })
})

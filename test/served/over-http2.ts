/** Sends requests over one HTTP/2 session, which carries nearly every text as a target and as a method. */
import { connect, createServer } from 'node:http2'
import type { AddressInfo } from 'node:net'
import type { Caller, Dispatch } from './caller.ts'
import type { OddRequest } from './odd-request.ts'
import { SERVED_FIELD } from './site.ts'

export async function overHttp2(dispatch: Dispatch): Promise<Caller> {
  const server = createServer((request, response) => dispatch(request as never, response as never))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const session = connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  // A stream that the other side refuses is no answer, and no failure of the test.
  session.on('error', () => {})

  function ask({ method, target, headers, body }: OddRequest): Promise<string | undefined> {
    const { host, ...fields }: Record<string, string> = { ...headers }
    // Without it, the parsers of forms that ask type-is find no body.
    if (body !== '') fields['content-length'] = String(Buffer.byteLength(body))
    return new Promise((resolve, reject) => {
      if (session.destroyed) return reject(new Error('the session has ended'))
      const stream = session.request({ ...fields, ':authority': host ?? '', ':path': target, ':method': method })
      let served: string | undefined
      stream.on('response', (answer) => {
        served = answer[SERVED_FIELD] as string | undefined
      })
      stream.on('error', () => {})
      stream.on('close', () => resolve(served))
      stream.resume().end(body)
    })
  }

  return {
    ask,
    async close() {
      session.destroy()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}

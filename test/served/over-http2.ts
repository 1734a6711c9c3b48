/** Sends requests over HTTP/2, which carries nearly every text as a target and as a method. */
import { connect, createServer } from 'node:http2'
import type { AddressInfo } from 'node:net'
import type { Caller, Dispatch } from './caller.ts'
import type { OddRequest } from './odd-request.ts'
import { SERVED_FIELD } from './site.ts'

export async function overHttp2(dispatch: Dispatch): Promise<Caller> {
  const server = createServer((request, response) => dispatch(request as never, response as never))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  // A stream or a session that the other side ends is no answer, and no failure of the test.
  const open = () => connect(`http://127.0.0.1:${port}`).on('error', () => {})
  let session = open()

  function ask({ method, target, headers, body }: OddRequest): Promise<string | undefined> {
    const { host, ...fields }: Record<string, string> = { ...headers }
    // Without it, the parsers of forms that ask type-is find no body.
    if (body !== '') fields['content-length'] = String(Buffer.byteLength(body))
    if (session.destroyed || session.closed) session = open()
    return new Promise((resolve) => {
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

// @ts-check
/** The backend stub as a separate process, plain or over TLS. */
import { createServer } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { serve } from '../process/serve.js'
import { createAnswers, HEADERS } from './answers.js'

const answers = createAnswers({ limitCount: 3 })

/** @type {import('node:http').RequestListener} */
function handle(request, response) {
  if (request.method === 'POST') {
    let body = ''
    request.setEncoding('latin1')
    request.on('data', (chunk) => {
      body += chunk
    })
    request.on('end', () => {
      answers.report(body)
      response.writeHead(202, { ...HEADERS, 'content-length': '0' }).end()
    })
    return
  }
  const options = String(request.headers['3scale-options'] ?? '')
  const document = answers.verdict(request.url ?? '', options)
  response.writeHead(200, {
    ...HEADERS,
    ...(options.includes('limit_headers')
      ? { '3scale-limit-remaining': '999999999', '3scale-limit-reset': '30', '3scale-limit-max-value': '1000000000' }
      : undefined),
    'content-length': String(document.length),
  })
  response.end(document)
}

serve({
  async start(/** @type {{ key: string, cert: string } | undefined} */ certificate) {
    const server = certificate === undefined ? createServer(handle) : createTlsServer(certificate, handle)
    server.keepAliveTimeout = 600_000
    await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)))
    return /** @type {import('node:net').AddressInfo} */ (server.address()).port
  },
  /** All calls so far. */
  calls: () => Object.values(answers.calls).reduce((sum, count) => sum + count, 0),
})

// @ts-check
/** A transport that takes the stub's answers inside the process: the client's real code without sockets. */
import { TRANSPORT } from '../../packages/core/build/client/transport/transport.js'
import { HEADERS } from './answers.js'

const BYTES = new TextEncoder()

/**
 * Client options whose transport uses `answers`.
 *
 * @param {import('./answers.js').Answers} answers
 */
export function through(answers) {
  return {
    [TRANSPORT]: {
      async request(
        /** @type {import('../../packages/core/build/client/transport/transport.js').TransportRequest} */ request,
      ) {
        if (request.method === 'POST') {
          answers.report(request.body ?? '')
          return { status: 202, headers: { ...HEADERS, 'content-length': '0' }, body: BYTES.encode('') }
        }
        const options = request.headers[request.headers.indexOf('3scale-options') + 1] ?? ''
        const document = BYTES.encode(answers.verdict(request.path, options))
        return { status: 200, headers: { ...HEADERS, 'content-length': String(document.length) }, body: document }
      },
    },
  }
}

// @ts-check
/** Runs a request and its answer through a framework and Node's own classes, without a socket. */
import { IncomingMessage, ServerResponse } from 'node:http'
import { Writable } from 'node:stream'

/** Accepts the bytes of answers like a socket that is never full. */
class Wire extends Writable {
  /**
   * @override
   * @param {unknown} _chunk
   * @param {string} _encoding
   * @param {() => void} done
   */
  _write(_chunk, _encoding, done) {
    done()
  }

  /**
   * @override
   * @param {unknown} _chunks
   * @param {() => void} done
   */
  _writev(_chunks, done) {
    done()
  }
}

const wire = /** @type {import('node:net').Socket} */ (/** @type {unknown} */ (new Wire()))

/**
 * @param {(request: IncomingMessage, response: ServerResponse) => unknown} handle
 * @param {string} url
 * @returns {Promise<void>} resolves when the response has closed, as with node:http
 */
export function exchange(handle, url) {
  return new Promise((resolve, reject) => {
    const request = new IncomingMessage(wire)
    request.method = 'GET'
    request.url = url
    request.httpVersion = '1.1'
    request.httpVersionMajor = 1
    request.httpVersionMinor = 1
    request.rawHeaders = ['Host', '127.0.0.1', 'User-Agent', 'bench', 'Accept', '*/*']
    request.complete = true
    request.push(null)
    const response = new ServerResponse(request)
    response.assignSocket(wire)
    response.on('finish', () => {
      response.detachSocket(wire)
      process.nextTick(() => {
        response.destroyed = true
        response.emit('close')
        if (response.statusCode === 200) resolve()
        else reject(new Error(`answered ${response.statusCode}`))
      })
    })
    handle(request, response)
  })
}

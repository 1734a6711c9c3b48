// @ts-check
/** A request and its answer between a framework and Node's own classes, without a socket. */
import { IncomingMessage, ServerResponse } from 'node:http'
import { Writable } from 'node:stream'

/** Takes the bytes of answers, as a socket that is never full. */
class Wire extends Writable {
  /**
   * @param {unknown} _chunk
   * @param {string} _encoding
   * @param {() => void} done
   */
  _write(_chunk, _encoding, done) {
    done()
  }

  /**
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
 * @returns {Promise<void>} when the response has closed, as node:http closes it
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

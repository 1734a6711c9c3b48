// @ts-check
/**
 * The load generator, a separate process: keeps connections busy with one request each and times the answers. It uses
 * bare sockets and prepared bytes, because on two cores an expensive generator would be what is measured.
 */
import { connect } from 'node:net'
import { performance } from 'node:perf_hooks'
import { serve } from '../process/serve.js'

/**
 * @typedef {object} Order
 * @property {number} port
 * @property {number} connections
 * @property {number} seconds
 * @property {string[]} paths sent in turn
 */

serve({ run })

/** @param {Order} order */
async function run({ port, connections, seconds, paths }) {
  const requests = paths.map((path) =>
    Buffer.from(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nUser-Agent: bench\r\nAccept: */*\r\n\r\n`),
  )
  /** @type {number[]} */
  const latencies = []
  /** @type {Record<string, number>} */
  const statuses = {}
  const start = performance.now()
  const deadline = start + seconds * 1000
  let sent = 0
  let last = start
  const next = () => {
    if (performance.now() >= deadline) return undefined
    sent += 1
    return requests[sent % requests.length]
  }
  const answered = (/** @type {string} */ status, /** @type {number} */ milliseconds) => {
    latencies.push(milliseconds)
    statuses[status] = (statuses[status] ?? 0) + 1
    last = performance.now()
  }
  // Never sleeps: on a virtual machine, waking a process costs its waker up to 10 us. A slower application would have
  // to wake this process more often.
  let busy = true
  const stayAwake = () => busy && setImmediate(stayAwake)
  stayAwake()
  await Promise.all(Array.from({ length: connections }, () => converse(port, next, answered)))
  busy = false
  const sorted = Float64Array.from(latencies).sort()
  return {
    answers: latencies.length,
    statuses,
    perSecond: (latencies.length / (last - start)) * 1000,
    p50Ms: sorted[Math.floor(sorted.length * 0.5)] ?? Number.NaN,
    p99Ms: sorted[Math.floor(sorted.length * 0.99)] ?? Number.NaN,
  }
}

/**
 * Sends requests over one connection until `next` has no more.
 *
 * @param {number} port
 * @param {() => Buffer | undefined} next
 * @param {(status: string, milliseconds: number) => void} answered
 * @returns {Promise<void>}
 */
function converse(port, next, answered) {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1')
    socket.setNoDelay(true)
    let received = ''
    let sentAt = 0
    const ask = () => {
      const request = next()
      if (request === undefined) return socket.end()
      sentAt = performance.now()
      socket.write(request)
    }
    socket.on('connect', ask)
    socket.on('error', reject)
    socket.on('close', () => resolve())
    socket.on('data', (chunk) => {
      received += chunk.toString('latin1')
      const head = received.indexOf('\r\n\r\n')
      if (head < 0) return
      const length = /\r\ncontent-length: (\d+)/i.exec(received)?.[1]
      if (length === undefined) return reject(new Error(`an answer without content-length: ${received.slice(0, head)}`))
      if (received.length < head + 4 + Number(length)) return
      const status = received.slice(9, 12)
      received = ''
      answered(status, performance.now() - sentAt)
      ask()
    })
  })
}

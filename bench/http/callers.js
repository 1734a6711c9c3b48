// @ts-check
/** Callers of a backend in a separate process: through our client, our transport alone, or a pool of undici. */
import { ThreeScaleClient } from '@threescale/core'
import { Pool } from 'undici'
import { createUndiciTransport } from '../../packages/core/build/client/transport/undici-transport.js'
import { systemClock } from '../../packages/core/build/primitives/clock.js'
import { SERVICE_ID } from '../backend/provider.js'
import { cpuMicros, serve } from '../process/serve.js'

const PATH = `/transactions/authrep.xml?service_token=t&service_id=${SERVICE_ID}&user_key=00000001&usage%5Bhits%5D=1`
const TIMEOUT_MS = 1000

/** @typedef {{ ask(): Promise<unknown>, close(): Promise<unknown> }} Way */

/** @type {Record<string, (origin: string, connections: number) => Way>} */
const WAYS = {
  client(origin) {
    const client = new ThreeScaleClient({ serviceId: SERVICE_ID, serviceToken: 't', backendUrl: origin })
    return { ask: () => client.authrep({ userKey: '00000001' }), close: () => client.close() }
  },
  transport(origin, connections) {
    const transport = createUndiciTransport({
      origin,
      dispatcher: undefined,
      maxConnections: connections,
      connectionTtlMs: 60_000,
      timeoutMs: TIMEOUT_MS,
      clock: systemClock,
    })
    const request = /** @type {const} */ ({
      method: 'GET',
      path: PATH,
      headers: [],
      body: undefined,
      timeoutMs: TIMEOUT_MS,
      signal: undefined,
      line: [''],
      whenSent: 'abort',
    })
    return { ask: () => transport.request(request), close: async () => transport.close?.() }
  },
  pool(origin, connections) {
    const pool = new Pool(origin, { connections })
    const options = /** @type {const} */ ({ path: PATH, method: 'GET', headersTimeout: TIMEOUT_MS })
    return { ask: async () => (await pool.request(options)).body.arrayBuffer(), close: () => pool.close() }
  },
}

/** @type {Way | undefined} */
let way
let origin = ''
let kind = ''
let connections = 0

const open = () => /** @type {(origin: string, connections: number) => Way} */ (WAYS[kind])(origin, connections)

serve({
  start(/** @type {{ kind: string, port: number, connections: number }} */ order) {
    kind = order.kind
    connections = order.connections
    origin = `http://127.0.0.1:${order.port}`
  },

  /** Callers that each ask again as soon as they are answered. */
  async run(/** @type {{ callers: number, seconds: number }} */ { callers, seconds }) {
    way ??= open()
    const present = way
    const began = performance.now()
    const micros = cpuMicros()
    let answered = 0
    let failed = 0
    await Promise.all(
      Array.from({ length: callers }, async () => {
        while (performance.now() - began < seconds * 1000) {
          await present.ask().then(
            () => answered++,
            () => failed++,
          )
        }
      }),
    )
    const perSecond = (answered / (performance.now() - began)) * 1000
    return { perSecond, cpuMicros: (cpuMicros() - micros) / answered, failed }
  },

  /** Callers that ask once, all at once, before any connection is open. */
  async burst(/** @type {{ callers: number }} */ { callers }) {
    await way?.close()
    const cold = open()
    way = cold
    const began = performance.now()
    const results = await Promise.allSettled(Array.from({ length: callers }, () => cold.ask()))
    const failed = results.filter(({ status }) => status === 'rejected').length
    return { failed, milliseconds: performance.now() - began }
  },
})

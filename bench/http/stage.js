// @ts-check
/** Starts what an HTTP benchmark needs: load generator, backend stub and application processes for each contender. */
import { createCertificate } from '../backend/certificate.js'
import { userKey } from '../backend/provider.js'
import { startChild } from '../process/child.js'

// The compiler's choices make processes of one application differ by up to a fifth, so several take turns.
const PROCESSES = 3
// The traffic for which the numbers are promised: a million requests in a minute.
const REQUESTS_PER_SECOND = 1_000_000 / 60
// Callers, each with one key.
const APPLICATIONS = 1000
// Each is kept busy with one request.
const CONNECTIONS = 50
// So fast that all cached callers are refreshed and reports are sent before measuring; see serving-clock.js.
const WARM_UP_SPEED = 5

/**
 * @typedef {object} Stage
 * @property {(name: string, app: string, settings?: object) => Promise<import('../measure/interleave.js').Contender>} add
 * @property {() => Promise<void>} clear ends all processes
 */

/**
 * @param {object} [settings]
 * @param {boolean} [settings.tls] the backend speaks TLS under a self-made certificate that the applications trust
 * @param {string[]} [settings.paths] requested in turn; default: each application's own word
 * @returns {Promise<Stage>}
 */
export async function createStage({ tls = false, paths = wordPaths() } = {}) {
  const certificate = tls ? await createCertificate() : undefined
  const load = startChild('http/load.js')
  const backend = startChild('backend/server.js')
  const children = [load, backend]
  const backendPort = await backend.call('start', certificate && { key: certificate.key, cert: certificate.cert })
  const backendUrl = tls ? `https://localhost:${backendPort}` : `http://127.0.0.1:${backendPort}`
  return {
    async add(name, app, settings = {}) {
      const start = async () => {
        const child = startChild('http/app.js', {
          nodeOptions: process.env.BENCH_APP_OPTIONS?.split(' ') ?? [],
          env: certificate === undefined ? {} : { NODE_EXTRA_CA_CERTS: certificate.file },
        })
        children.push(child)
        return { child, port: await child.call('start', { app, settings: { backendUrl, ...settings } }) }
      }
      const processes = await Promise.all(Array.from({ length: PROCESSES }, start))
      let turn = 0
      let speed = 1
      const measure = async (/** @type {number} */ seconds) => {
        const { child, port } = /** @type {typeof processes[0]} */ (processes[turn++ % PROCESSES])
        const callsBefore = await backend.call('calls')
        const before = await child.call('begin', speed)
        const run = await load.call('run', { port, connections: CONNECTIONS, seconds, paths })
        const cpu = (await child.call('end')) - before
        const calls = (await backend.call('calls')) - callsBefore
        const good = run.statuses['200'] ?? 0
        speed = run.perSecond / REQUESTS_PER_SECOND
        if (good !== run.answers) throw new Error(`${name} answered ${JSON.stringify(run.statuses)}`)
        return {
          perSecond: run.perSecond,
          cpuMicros: cpu / run.answers,
          // Above 1 if other threads (garbage collection) work beside the main thread.
          busy: cpu / 1e6 / (run.answers / run.perSecond),
          p50Ms: run.p50Ms,
          p99Ms: run.p99Ms,
          callsPer100: (calls / run.answers) * 100,
        }
      }
      return {
        name,
        measure,
        async warmUp(seconds) {
          // First at normal speed, until the code is compiled: otherwise calls would seem to exceed the client's
          // time-out.
          for (const warmUpSpeed of [1, WARM_UP_SPEED]) {
            for (const _ of processes) {
              speed = warmUpSpeed
              await measure(seconds)
            }
          }
        },
      }
    },
    async clear() {
      await Promise.all(children.map((child) => child.stop()))
      certificate?.remove()
    },
  }
}

function wordPaths() {
  return Array.from(
    { length: APPLICATIONS },
    (_, application) => `/v1/words/word-${application}?user_key=${userKey(application)}`,
  )
}

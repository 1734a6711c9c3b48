// @ts-check
/**
 * Measures a cold start: import of Express with an integration, and its first decision, in a process of its own each time.
 * Beside ours stand a plain rate limiter on Redis, and 3scale's npm client.
 */
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { createCertificate } from '../backend/certificate.js'
import { figuresOf, interleave, ratiosOf } from '../measure/interleave.js'
import { row } from '../measure/row.js'
import { median } from '../measure/statistics.js'
import { number, tableOf } from '../measure/table.js'
import { startChild } from '../process/child.js'
import { startRedis } from '../store/redis.js'

const SCRIPT = fileURLToPath(new URL('../start/run-once.js', import.meta.url))
const NAMES = ['node', 'express', 'ours', 'limiter', 'npm']

/** @type {import('./index.js').Benchmark} */
export async function start(plan) {
  const redis = await startRedis()
  const certificate = await createCertificate()
  const plain = startChild('backend/server.js')
  const secure = startChild('backend/server.js')
  try {
    const port = await plain.call('start')
    const securePort = await secure.call('start', certificate)
    const contenders = NAMES.map((name) => ({
      name,
      async measure() {
        const backendUrl = name === 'npm' ? `https://127.0.0.1:${securePort}` : `http://127.0.0.1:${port}`
        const env = {
          ...process.env,
          NODE_ENV: 'production',
          NODE_TLS_REJECT_UNAUTHORIZED: '0',
          NODE_NO_WARNINGS: '1',
          BACKEND_URL: backendUrl,
          REDIS_PORT: String(redis.port),
        }
        const { stdout } = await promisify(execFile)(process.execPath, [SCRIPT, name], { env })
        return JSON.parse(stdout)
      },
    }))
    const runs = await interleave(contenders, { rounds: plan.rounds, seconds: 0, warmUpSeconds: 0 })
    const cpu = (/** @type {string} */ name) => figuresOf(runs, name, 'cpuMs')
    const own = (/** @type {string} */ name) =>
      cpu(name).map((one, round) => one - (figuresOf(runs, 'express', 'cpuMs')[round] ?? Number.NaN))
    return {
      rows: [
        row('cold start with Express, of a rate limiter on Redis', ratiosOf(runs, 'ours', 'limiter', 'cpuMs'), {
          unit: 'x',
          max: 1,
        }),
        row('cold start beyond Express, CPU', own('ours'), { unit: 'ms' }),
        row('the same, rate limiter on Redis', own('limiter'), { unit: 'ms' }),
        row('the same, npm client', own('npm'), { unit: 'ms' }),
        ...NAMES.map((name) =>
          row(`cold start, resident memory: ${name}`, figuresOf(runs, name, 'mebibytes'), { unit: 'MiB' }),
        ),
      ],
      detail: tableOf(
        ['cold start', 'CPU ms'],
        NAMES.map((name) => [name, number(median(cpu(name)))]),
      ),
      runs,
    }
  } finally {
    certificate.remove()
    await Promise.all([plain.stop(), secure.stop(), redis.stop()])
  }
}

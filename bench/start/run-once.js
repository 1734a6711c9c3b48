// @ts-check
/**
 * A process that imports one integration, serves its first request, and prints what that took: CPU time since the process
 * began, and memory. Argument: the name of the integration. Environment: BACKEND_URL, REDIS_PORT.
 */
import { once } from 'node:events'
import { SERVICE_ID, SERVICE_TOKEN, userKey } from '../backend/provider.js'

const { BACKEND_URL: backendUrl = '', REDIS_PORT: redisPort = '' } = process.env
/** @type {Record<string, () => Promise<(app: import('express').Express) => unknown>>} */
const INTEGRATIONS = {
  node: async () => () => {},
  express: async () => () => {},
  ours: async () => {
    const { threescale } = await import('@threescale/express')
    return (app) => app.use(threescale({ serviceId: SERVICE_ID, serviceToken: SERVICE_TOKEN, backendUrl, cache: true }))
  },
  limiter: async () => {
    const { rateLimit } = await import('express-rate-limit')
    const { RedisStore } = await import('rate-limit-redis')
    const { Redis } = await import('ioredis')
    const redis = new Redis(Number(redisPort), '127.0.0.1')
    const store = new RedisStore({
      sendCommand: (name, ...given) => /** @type {Promise<any>} */ (redis.call(name, ...given)),
    })
    return (app) => app.use(rateLimit({ windowMs: 60_000, limit: 1000, store, validate: false }))
  },
  npm: async () => {
    const { default: threescale } = await import('3scale')
    const { hostname: host, port } = new URL(backendUrl)
    const client = new threescale.Client({ host, port: Number(port) })
    return (app) =>
      app.use((request, response, next) => {
        const call = {
          service_token: SERVICE_TOKEN,
          service_id: SERVICE_ID,
          user_key: request.query.user_key,
          usage: { hits: 1 },
        }
        client.authrep_with_user_key(call, (verdict) => (verdict.is_success() ? next() : response.sendStatus(403)))
      })
  },
}

const [name = 'node'] = process.argv.slice(2)
if (name !== 'node') {
  const { default: express } = await import('express')
  const app = express()
  const protect = await /** @type {any} */ (INTEGRATIONS[name])()
  protect(app)
  app.get('/', (_request, response) => response.json({}))
  const server = app.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address())
  // An import of it would load Node's own undici.
  const { get } = process.getBuiltinModule('node:http')
  const status = await new Promise((resolve, reject) =>
    get({ port, host: '127.0.0.1', path: `/?user_key=${userKey(0)}` }, (answer) =>
      resolve(answer.resume().statusCode),
    ).once('error', reject),
  )
  if (status !== 200) throw new Error(`${name} answered ${status}`)
}
const { user, system } = process.cpuUsage()
console.log(JSON.stringify({ cpuMs: (user + system) / 1000, mebibytes: process.memoryUsage.rss() / 2 ** 20 }))
process.exit()

// One of the processes: an API whose limits, usage and calls to 3scale are shared by all of them.
import { threescale } from '@threescale/express'
import { redisStore } from '@threescale/redis'
import express from 'express'
import { Redis } from 'ioredis'

export function startWorker() {
  const redis = new Redis(process.env.REDIS_URL ?? 'redis://127.0.0.1:6379')
  // ioredis tries again by itself. The gateway says when the store does not answer.
  redis.on('error', () => {})

  const protect = threescale({
    serviceId: process.env.THREESCALE_SERVICE_ID,
    serviceToken: process.env.THREESCALE_SERVICE_TOKEN,
    backendUrl: process.env.THREESCALE_BACKEND_URL,
    store: redisStore({ send: ([name, ...args]) => redis.call(name, ...args) }),
  })

  const app = express()
  app.get('/health', (_request, response) => response.json(protect.gateway.stats().store))
  app.use(protect)
  app.get('/words/:word', (request, response) => {
    response.json({ word: request.params.word, plan: request.threescale?.plan, servedBy: process.pid })
  })
  const server = app.listen(Number(process.env.PORT ?? 8080), '127.0.0.1')

  // Requests under way end, and what this process still owes is booked in Redis or reported. The channel to the
  // primary would keep the process alive.
  const stop = async () => {
    server.close()
    setTimeout(() => server.closeAllConnections(), 2000).unref()
    await protect.gateway.close()
    redis.disconnect()
    process.exit()
  }
  process.on('SIGTERM', stop).on('SIGINT', stop)
}

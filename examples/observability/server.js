// An Express API behind 3scale whose numbers Prometheus reads. Environment: THREESCALE_SERVICE_ID,
// THREESCALE_SERVICE_TOKEN, THREESCALE_BACKEND_URL (default: 3scale's own), PORT (default 8080), METRICS_PORT (default
// 9464), HOST (default 127.0.0.1).
import { renderMetrics } from '@threescale/core'
import { threescale } from '@threescale/express'
import express from 'express'

const host = process.env.HOST ?? '127.0.0.1'
const protect = threescale({
  serviceId: process.env.THREESCALE_SERVICE_ID,
  serviceToken: process.env.THREESCALE_SERVICE_TOKEN,
  backendUrl: process.env.THREESCALE_BACKEND_URL,
  cache: true,
})

const app = express()
app.use(protect)
app.get('/words/:word', (request, response) => {
  response.json({ word: request.params.word, plan: request.threescale?.plan })
})

// A port of its own, so that callers of the API cannot read it.
const metrics = express()
metrics.get('/metrics', (_request, response) => {
  response.type('text/plain; version=0.0.4').send(renderMetrics(protect.gateway))
})

/**
 * @param {import('express').Express} serving
 * @param {number} port
 * @param {string} path
 */
function listen(serving, port, path) {
  const server = serving.listen(port, host, (error) => {
    if (error) throw error
    console.log(`http://${host}:${/** @type {import('node:net').AddressInfo} */ (server.address()).port}${path}`)
  })
  return server
}
const servers = [
  listen(app, Number(process.env.PORT ?? 8080), ''),
  listen(metrics, Number(process.env.METRICS_PORT ?? 9464), '/metrics'),
]

// Requests under way end, what is still open after two seconds is cut, and the gateway reports what was used.
const stop = () => {
  for (const server of servers) server.close()
  setTimeout(() => servers.forEach((server) => void server.closeAllConnections()), 2000).unref()
  return protect.gateway.close()
}
process.on('SIGTERM', stop).on('SIGINT', stop)

// An Express API in several processes that count as one through Redis. Environment: THREESCALE_SERVICE_ID,
// THREESCALE_SERVICE_TOKEN, THREESCALE_BACKEND_URL (default: 3scale's own), REDIS_URL (default: Redis on this machine),
// PORT (default 8080), WORKERS (default 4). SIGHUP replaces the workers one after the other, SIGTERM ends everything.
import cluster from 'node:cluster'
import { startPrimary } from './primary.js'
import { startWorker } from './worker.js'

if (cluster.isPrimary) startPrimary(Number(process.env.WORKERS ?? 4))
else startWorker()

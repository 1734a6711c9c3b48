// @ts-check
/**
 * The in-memory rate limiters that would be taken otherwise: one window a caller, by the key in the query. Their limit is
 * never reached.
 */
import fastifyRateLimit from '@fastify/rate-limit'
import { rateLimit } from 'express-rate-limit'
import koaRateLimit from 'koa-ratelimit'

const LIMIT = 1_000_000_000
const WINDOW_MS = 60_000

/** @param {boolean} fields */
export const limitInExpress = (fields) => (/** @type {import('express').Express} */ app) =>
  app.use(
    rateLimit({
      windowMs: WINDOW_MS,
      limit: LIMIT,
      standardHeaders: fields && 'draft-8',
      legacyHeaders: false,
      keyGenerator: (request) => String(request.query.user_key),
      validate: false,
    }),
  )

/** @param {boolean} fields */
export const limitInFastify = (fields) => async (/** @type {import('fastify').FastifyInstance} */ app) => {
  const shown = { 'x-ratelimit-limit': fields, 'x-ratelimit-remaining': fields, 'x-ratelimit-reset': fields }
  await app.register(fastifyRateLimit, {
    max: LIMIT,
    timeWindow: WINDOW_MS,
    cache: 100_000,
    keyGenerator: (request) => /** @type {{ user_key: string }} */ (request.query).user_key,
    addHeaders: shown,
    addHeadersOnExceeding: shown,
  })
}

/** @param {boolean} fields */
export const limitInKoa = (fields) => (/** @type {import('koa')} */ app) =>
  app.use(
    koaRateLimit({
      driver: 'memory',
      db: new Map(),
      duration: WINDOW_MS,
      max: LIMIT,
      id: (context) => String(context.query.user_key),
      disableHeader: !fields,
    }),
  )

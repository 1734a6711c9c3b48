// @ts-check
/**
 * Scenario: a framework from request to answer in this process, with nothing, a listener, the cached gateway, or the
 * in-memory rate limiter that would be taken otherwise before the route. With fields: both say in each answer what is
 * left.
 */
import { threescale as expressThreescale } from '@threescale/express'
import { threescale as fastifyThreescale } from '@threescale/fastify'
import { threescale as koaThreescale } from '@threescale/koa'
import { createAnswers } from '../backend/answers.js'
import { gatewayThrough, NEVER_REFRESHED } from '../backend/gateway.js'
import { mappingRules, userKey } from '../backend/provider.js'
import { expressHandler, fastifyHandler, koaHandler } from '../http/apps/handler.js'
import { limitInExpress, limitInFastify, limitInKoa } from '../http/apps/limiters.js'
import { listenInExpress, listenInFastify, listenInKoa } from '../http/apps/listening.js'
import { exchange } from './exchange.js'

const APPLICATIONS = 1000

/** @type {Record<string, Record<string, () => Promise<any>>>} */
const HANDLERS = {
  express: {
    bare: () => expressHandler(),
    listening: () => expressHandler(listenInExpress),
    cached: () => expressHandler((app) => app.use(expressThreescale(cachedGateway(false)))),
    limiter: () => expressHandler(limitInExpress(false)),
    'cached with fields': () => expressHandler((app) => app.use(expressThreescale(cachedGateway('all')))),
    'limiter with fields': () => expressHandler(limitInExpress(true)),
  },
  koa: {
    bare: () => koaHandler(),
    listening: () => koaHandler(listenInKoa),
    cached: () => koaHandler((app) => app.use(koaThreescale(cachedGateway(false)))),
    limiter: () => koaHandler(limitInKoa(false)),
    'cached with fields': () => koaHandler((app) => app.use(koaThreescale(cachedGateway('all')))),
    'limiter with fields': () => koaHandler(limitInKoa(true)),
  },
  fastify: {
    bare: () => fastifyHandler(),
    listening: () => fastifyHandler(listenInFastify),
    cached: () => fastifyHandler((app) => app.register(fastifyThreescale, { gateway: cachedGateway(false) })),
    limiter: () => fastifyHandler(limitInFastify(false)),
    'cached with fields': () =>
      fastifyHandler((app) => app.register(fastifyThreescale, { gateway: cachedGateway('all') })),
    'limiter with fields': () => fastifyHandler(limitInFastify(true)),
  },
}

/**
 * Asks about each caller once and reports nothing, because an idle process would do both in the turns of others.
 *
 * @param {false | 'all'} rateLimitHeaders
 * @returns {any}
 */
const cachedGateway = (rateLimitHeaders) =>
  gatewayThrough(createAnswers({ limitCount: 3 }), {
    mappingRules: mappingRules(100),
    rateLimitHeaders,
    cache: NEVER_REFRESHED,
    report: { intervalMs: 3_600_000, maxPending: 10_000_000 },
  })

/**
 * @param {{ framework: 'express' | 'koa' | 'fastify', variant: string }} settings
 * @returns {Promise<import('./worker.js').Scenario>}
 */
export async function prepare({ framework, variant }) {
  const handle = await HANDLERS[framework]?.[variant]?.()
  const step = (/** @type {number} */ turn) => {
    const application = turn % APPLICATIONS
    return exchange(handle, `/v1/words/word-${application}?user_key=${userKey(application)}`)
  }
  // The first request of each caller asks 3scale, which on a busy machine would last longer than the warm-up.
  for (let application = 0; application < APPLICATIONS; application += 1) await step(application)
  return { asynchronous: true, step }
}

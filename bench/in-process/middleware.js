// @ts-check
/**
 * Scenario: a framework from request to answer in this process, with nothing, a listener or the cached gateway before
 * the route.
 */
import { threescale as expressThreescale } from '@threescale/express'
import { threescale as fastifyThreescale } from '@threescale/fastify'
import { threescale as koaThreescale } from '@threescale/koa'
import { createAnswers } from '../backend/answers.js'
import { gatewayThrough, NEVER_REFRESHED } from '../backend/gateway.js'
import { mappingRules, userKey } from '../backend/provider.js'
import { expressHandler, fastifyHandler, koaHandler } from '../http/apps/handler.js'
import { listenInExpress, listenInFastify, listenInKoa } from '../http/apps/listening.js'
import { exchange } from './exchange.js'

const APPLICATIONS = 1000

/** @type {Record<string, Record<string, () => Promise<any>>>} */
const HANDLERS = {
  express: {
    bare: () => expressHandler(),
    listening: () => expressHandler(listenInExpress),
    cached: () => expressHandler((app) => app.use(expressThreescale(/** @type {any} */ (cachedGateway())))),
  },
  koa: {
    bare: () => koaHandler(),
    listening: () => koaHandler(listenInKoa),
    cached: () => koaHandler((app) => app.use(koaThreescale(/** @type {any} */ (cachedGateway())))),
  },
  fastify: {
    bare: () => fastifyHandler(),
    listening: () => fastifyHandler(listenInFastify),
    cached: () =>
      fastifyHandler((app) => app.register(fastifyThreescale, { gateway: /** @type {any} */ (cachedGateway()) })),
  },
}

/** Asks about each caller once and reports nothing, because an idle process would do both in the turns of others. */
const cachedGateway = () =>
  gatewayThrough(createAnswers({ limitCount: 3 }), {
    mappingRules: mappingRules(100),
    cache: NEVER_REFRESHED,
    report: { intervalMs: 3_600_000, maxPending: 10_000_000 },
  })

/**
 * @param {{ framework: 'express' | 'koa' | 'fastify', variant: 'bare' | 'listening' | 'cached' }} settings
 * @returns {Promise<import('./worker.js').Scenario>}
 */
export async function prepare({ framework, variant }) {
  const handle = await HANDLERS[framework]?.[variant]?.()
  return {
    asynchronous: true,
    step(turn) {
      const application = turn % APPLICATIONS
      return exchange(handle, `/v1/words/word-${application}?user_key=${userKey(application)}`)
    },
  }
}

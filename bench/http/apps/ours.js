// @ts-check
/** The same application with our gateway: direct and cached, in each framework. */
import { threescale as expressThreescale } from '@threescale/express'
import { threescale as fastifyThreescale } from '@threescale/fastify'
import { threescale as koaThreescale } from '@threescale/koa'
import { CLOCK } from '../../../packages/core/build/primitives/clock.js'
import { mappingRules, SERVICE_ID, SERVICE_TOKEN } from '../../backend/provider.js'
import { expressApp, fastifyApp, koaApp } from './handler.js'

/**
 * @param {{ backendUrl: string, clock: object, cache: boolean, rules?: number, options?: object }} settings rules 0: the default usage
 */
function gatewayOptions({ backendUrl, clock, cache, rules = 0, options }) {
  return {
    serviceId: SERVICE_ID,
    serviceToken: SERVICE_TOKEN,
    backendUrl,
    cache,
    [CLOCK]: clock,
    ...(rules === 0 ? undefined : { mappingRules: mappingRules(rules) }),
    ...options,
  }
}

/** @typedef {Parameters<typeof gatewayOptions>[0]} Settings */

/** @param {Settings} settings */
export const expressOurs = (settings) => expressApp((app) => app.use(expressThreescale(gatewayOptions(settings))))

/** @param {Settings} settings */
export const koaOurs = (settings) => koaApp((app) => app.use(koaThreescale(gatewayOptions(settings))))

/** @param {Settings} settings */
export const fastifyOurs = (settings) => fastifyApp((app) => app.register(fastifyThreescale, gatewayOptions(settings)))

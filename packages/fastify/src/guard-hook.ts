/** At which of Fastify's hooks a gateway can decide: before the body is read, or after it where a body can matter. */
import type { Gateway, RouteOptions } from '@threescale/core'
import type { FastifyView } from './view.ts'

export type GuardHook = (typeof GUARD_HOOKS)[number]

/** In the order in which Fastify runs them. The body is there from 'preValidation' on. */
export const GUARD_HOOKS = ['onRequest', 'preParsing', 'preValidation', 'preHandler'] as const

/**
 * Whether something of the gateway may read the body: credentials in forms, a proxy configuration (whose locations and
 * rules look into forms, too), rules with query conditions, and functions.
 */
export function mayReadBody({ options }: Gateway<FastifyView>): boolean {
  const { credentials, proxyConfig, configFile, portal, usage, skip, referrer, mappingRules } = options
  const inForm = typeof credentials === 'object' && credentials.in.includes('form')
  const functions = [credentials, usage, skip, referrer].some((option) => typeof option === 'string')
  const configured = proxyConfig !== undefined || configFile !== undefined || portal !== undefined
  return inForm || functions || configured || hasConditions(mappingRules)
}

/** The same of a route's own settings. */
export function routeMayReadBody({ usage, skip, mappingRules }: RouteOptions<FastifyView>): boolean {
  return typeof usage === 'function' || typeof skip === 'function' || hasConditions(mappingRules)
}

function hasConditions(rules: readonly { readonly pattern: string }[] = []): boolean {
  return rules.some(({ pattern }) => pattern.includes('?'))
}

/** `@threescale/fastify`: 3scale decides about the requests of a Fastify app. */
import {
  type Allowed,
  ConfigError,
  createGateway,
  type Gateway,
  type GatewayOptions,
  type PortalOptions,
  type RouteOptions,
} from '@threescale/core'
import { DEFAULTS, isGateway, onDenyProblems } from '@threescale/core/adapter'
import type { FastifyInstance, FastifyPluginOptions } from 'fastify'
import fastifyPlugin from 'fastify-plugin'
import type { OnDeny } from './answer.ts'
import { addGuard, type GuardSettings } from './guard.ts'
import { GUARD_HOOKS, type GuardHook } from './guard-hook.ts'
import type { FastifyView } from './view.ts'

export type { OnDeny } from './answer.ts'
export { type FastifyView, viewOf } from './view.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** What 3scale's gateway allowed; null before it has, and where it let the request pass without asking. */
    threescale: Allowed | null
  }
  interface FastifyContextConfig {
    /** This route's settings, on the same gateway; false lets every request pass. */
    threescale?: false | RouteOptions<FastifyView>
  }
  interface FastifyInstance {
    /** The gateway of the outermost registration in sight. */
    threescale: Gateway<FastifyView>
  }
}

export interface FastifySettings {
  /** What happens to a denied request. Default 'answer'. */
  readonly onDeny?: OnDeny | undefined
  /**
   * When the guard decides. Default 'onRequest', before the body is read, or 'preValidation' where the body can matter.
   * That is with forms, a proxy configuration, rules with query conditions, and functions for credentials, usage, skip
   * or referrer.
   */
  readonly hook?: GuardHook | undefined
  /** False guards only routes with a `config.threescale` of their own. Default true. */
  readonly global?: boolean | undefined
}

export interface FastifyOptions extends GatewayOptions<FastifyView>, FastifySettings {}

/** A gateway made elsewhere; the code that made it has to close it. */
export interface GivenGateway extends FastifySettings {
  readonly gateway: Gateway<FastifyView>
}

/**
 * A plugin that guards the scope it is registered in and all scopes below. A gateway made from options is closed with
 * the app, whose start waits for its configuration: at most until a second before Fastify's `pluginTimeout`. Registered in a scope and in one above it, one gateway counts a request once.
 *
 * Registering fails with a ConfigError that lists every problem of the options.
 */
export function threescale(
  // Not a FastifyInstance: one of another copy of fastify lacks what is declared above for this copy.
  instance: object,
  options: FastifyOptions | GivenGateway,
  done: (error?: Error) => void,
): void {
  const app = instance as FastifyInstance
  if (typeof done !== 'function') {
    throw new ConfigError(['threescale is the plugin: app.register(threescale, options), not threescale(options)'])
  }
  try {
    const settings = settingsOf(options)
    const gateway = 'gateway' in options ? given(options.gateway) : made(app, options)
    if (!app.hasDecorator('threescale')) app.decorate('threescale', gateway)
    if (!app.hasRequestDecorator('threescale')) app.decorateRequest('threescale', null)
    addGuard(app, gateway, settings)
    if ('gateway' in options) done()
    else gateway.ready().then(() => done(), done)
  } catch (error) {
    // Fastify does not catch what a callback-style plugin throws.
    done(error as Error)
  }
}

// Marks the function, so that its hooks and decorators belong to the scope that registers it.
fastifyPlugin(threescale, { name: '@threescale/fastify', fastify: '5.x' })

export default threescale

function made(app: FastifyInstance, options: FastifyOptions): Gateway<FastifyView> {
  // Fastify reads the first three and passes them on.
  const { prefix, logLevel, logSerializers, onDeny, global, hook, ...rest } = options as FastifyOptions &
    FastifyPluginOptions
  const gateway = createGateway<FastifyView>({ ...rest, portal: startedInTime(app, rest.portal) })
  app.addHook('onClose', () => gateway.close())
  return gateway
}

/** How much sooner a start is given up than Fastify would give it up without saying why, in milliseconds. */
const HEAD_START_MS = 1000

/** The app waits for the first configuration, but Fastify waits only so long for a plugin. */
function startedInTime(app: FastifyInstance, portal: PortalOptions | undefined): PortalOptions | undefined {
  const longest = (app.initialConfig.pluginTimeout ?? 0) - HEAD_START_MS
  if (typeof portal !== 'object' || longest <= 0) return portal
  const { startTimeoutMs = DEFAULTS.portal.startTimeoutMs } = portal
  return startTimeoutMs > longest ? { ...portal, startTimeoutMs: longest } : portal
}

function given(gateway: unknown): Gateway<FastifyView> {
  if (isGateway<FastifyView>(gateway)) return gateway
  throw new ConfigError(['gateway: must be what createGateway made'])
}

function settingsOf({ onDeny = 'answer', global = true, hook }: FastifySettings): GuardSettings {
  const problems = onDenyProblems(onDeny)
  if (typeof global !== 'boolean') problems.push('global: must be true or false')
  if (hook !== undefined && !GUARD_HOOKS.includes(hook)) {
    problems.push(`hook: must be one of ${GUARD_HOOKS.map((name) => `'${name}'`).join(', ')}`)
  }
  if (problems.length > 0) throw new ConfigError(problems)
  return { onDeny, global, hook }
}

// Compiled, never run: what `require` gives is the function itself, with the other exports as properties.
import core = require('@threescale/core')
import kit = require('@threescale/core/adapter')
import threescale = require('@threescale/express')
import fastifyPlugin = require('@threescale/fastify')
import koaMiddleware = require('@threescale/koa')
import protect = require('@threescale/web')
import express = require('express')

const options: threescale.ExpressOptions = { serviceId: '2555417', providerKey: 'key' }
const guard: threescale.ThreescaleHandler = threescale(options)
express().use(guard, threescale.threescale(guard.gateway), threescale.default(guard.gateway))
export const parts = [
  fastifyPlugin.threescale,
  koaMiddleware.default,
  koaMiddleware.viewOf,
  protect.threescale,
  kit.isGateway(guard.gateway),
]
export const client: core.ThreeScaleClient = new core.ThreeScaleClient(options)

// The ES modules and the CommonJS files in one process: two copies of everything, which know each other's objects.
import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import * as core from '@threescale/core'
import * as kit from '@threescale/core/adapter'
import { createEmulator } from '@threescale/emulator'
import express from '@threescale/express'
import fastify from '@threescale/fastify'
import koa from '@threescale/koa'
import Express from 'express'
import Fastify from 'fastify'
import Koa from 'koa'

const require = createRequire(import.meta.url)
const other = require('@threescale/core')
const names = ['express', 'fastify', 'koa']
const [otherExpress, otherFastify, otherKoa] = names.map((name) => require(`@threescale/${name}`))
assert.notEqual(core.createGateway, other.createGateway)
assert.notEqual(express, otherExpress)

const emulator = createEmulator()
const backendUrl = await emulator.listen({ port: 0 })
const own = { serviceId: '2555417', serviceToken: 'demo-token', timeoutMs: 10_000, backendUrl }

// Errors.
for (const [here, there] of [
  [core, other],
  [other, core],
]) {
  const config = new there.ConfigError(['wrong'])
  const argument = new there.ArgumentError(['wrong'])
  const transport = new there.TransportError('broken', { sent: false })
  assert(here.isThreeScaleError(config) && config instanceof here.ConfigError && config instanceof here.ThreeScaleError)
  assert(argument instanceof here.ArgumentError && argument instanceof here.ConfigError)
  assert(transport instanceof here.TransportError && !(transport instanceof here.TimeoutError))
  assert.equal(config.name, 'ConfigError')
  const denial = { reason: 'no', headers: {}, code: 'user_key_invalid', status: 403 }
  assert(new there.DenialError(denial) instanceof here.DenialError)
}

// Gateways: one of either copy in the adapters of the other, twice on one request, which counts once.
const gateway = other.createGateway({ ...own, cache: true })
const byClient = core.createGateway({ serviceId: own.serviceId, client: new other.ThreeScaleClient(own) })
assert(kit.isGateway(gateway))
const app = Express().use(express(gateway), otherExpress(gateway), otherExpress(byClient))
app.get('/', (request, response) => response.json(request.threescale.plan))
const koaApp = new Koa().use(koa(gateway)).use(otherKoa(gateway))
koaApp.use((ctx) => {
  ctx.body = ctx.state.threescale.plan
})
const fastifyApp = Fastify()
await fastifyApp.register(fastify, { gateway })
await fastifyApp.register(otherFastify, { gateway })
fastifyApp.get('/', (request) => request.threescale.plan)
await fastifyApp.listen({ port: 0 })
const servers = [app.listen(0), koaApp.listen(0), fastifyApp.server]
for (const server of servers) {
  for (const [key, status] of [
    ['unlimited-key', 200],
    ['no-such-key', 403],
  ]) {
    const answer = await fetch(`http://127.0.0.1:${server.address().port}/?user_key=${key}`)
    assert.equal(answer.status, status)
    await answer.text()
  }
}
await gateway.flush()
assert.equal(gateway.stats().usage.hits.acknowledged, 3)

// A client of the other copy, whose failures are judged as one's own.
const gone = new other.ThreeScaleClient({ ...own, backendUrl: 'http://127.0.0.1:1' })
const policy = core.createGateway({ client: gone, serviceId: '2555417', onUnavailable: 'allow' })
const decision = await policy.evaluate({ method: 'GET', url: '/?user_key=key', header: () => undefined })
assert.deepEqual([decision.outcome, decision.source], ['allow', 'policy'])

for (const server of servers) server.close()
await fastifyApp.close()
await Promise.all([gateway, byClient, policy].map((one) => one.close({ timeoutMs: 100 })))
await emulator.close()

// Every package as an ES module, by name and by default.
import * as core from '@threescale/core'
import { createEmulator } from '@threescale/emulator'
import * as express from '@threescale/express'
import * as fastify from '@threescale/fastify'
import { fileJournal } from '@threescale/journal'
import * as koa from '@threescale/koa'
import { redisStore } from '@threescale/redis'
// Hono, which only `@threescale/web/hono` needs, is not installed here.
import * as web from '@threescale/web'

const emulator = createEmulator()
const backendUrl = await emulator.listen({ port: 0 })
const client = new core.ThreeScaleClient({
  serviceId: '2555417',
  serviceToken: 'demo-token',
  timeoutMs: 10_000,
  backendUrl,
})
const { authorized, plan } = await client.authrep({ userKey: 'unlimited-key' })
await client.close()
await emulator.close()
console.log(
  JSON.stringify({
    authorized,
    plan,
    gateway: typeof core.createGateway,
    journal: typeof fileJournal({ directory: 'usage' }).open,
    store: typeof redisStore({ send: async () => null }).open,
    adapters: [express, fastify, koa, web].map((adapter) => adapter.default === adapter.threescale),
  }),
)

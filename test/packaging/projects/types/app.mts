// Compiled, never run: the types of every package resolve and say what they should.
import { type Gateway, isThreeScaleError, ThreeScaleClient, type Verdict } from '@threescale/core'
import { createEmulator } from '@threescale/emulator'
import type { ExpressView } from '@threescale/express'
import threescaleForExpress, { threescale } from '@threescale/express'
import threescaleForFastify from '@threescale/fastify'
import threescaleForKoa from '@threescale/koa'
import express from 'express'
import Fastify from 'fastify'
import Koa from 'koa'

const own = { serviceId: '2555417', serviceToken: 'token' }

const app = express()
const protect = threescale({ ...own, cache: true, skip: (view) => view.request.path === '/health' })
const gateway: Gateway<ExpressView> = protect.gateway
app.use(protect, threescaleForExpress(gateway))
app.get('/', protect.with({ usage: { hits: 2 } }), (req, res) => {
  const plan: string | undefined = req.threescale?.plan
  res.json({ plan })
})

const server = Fastify()
await server.register(threescaleForFastify, { ...own, onUnavailable: 'last-known' })
server.get('/', { config: { threescale: false } }, (request) => request.threescale?.usage.hits)

new Koa().use(threescaleForKoa({ ...own, credentials: { in: ['headers'] } }))

// @ts-expect-error a misspelt word is found by the compiler
threescale({ ...own, onUnavailable: 'last_known' })

const client = new ThreeScaleClient(own)
const verdict: Verdict = await client.authorize({ appId: 'id', appKey: 'key' }, { usage: { hits: 1 } })
if (verdict.authorized === false) console.log(verdict.code.toUpperCase(), verdict.reason)
try {
  await client.report([{ appId: 'id', usage: { hits: 1 } }])
} catch (error) {
  if (isThreeScaleError(error) && error.code === 'ERR_THREESCALE_BACKEND') console.log(error.status)
}
await createEmulator().close()

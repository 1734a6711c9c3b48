import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { serve } from '@hono/node-server'
import { createEmulator } from '@threescale/emulator'
import { threescale } from '@threescale/web'
import { honoThreescale } from '@threescale/web/hono'
import { Hono } from 'hono'

const emulator = createEmulator()
const backendUrl = await emulator.listen({ port: 0 })
const own = { serviceId: '2555417', serviceToken: 'demo-token', timeoutMs: 10_000, backendUrl }
const guard = honoThreescale({ ...own, onDeny: ({ status }, context) => context.text('denied', status as 403) })
const app = new Hono()
app.use(guard)
app.get('/', (context) => context.json(context.get('threescale')?.plan))
const server = serve({ fetch: app.fetch, port: 0 })
await once(server, 'listening')
const { port } = server.address() as AddressInfo
const ask = async (key: string) => {
  const answer = await fetch(`http://127.0.0.1:${port}/?user_key=${key}`)
  return [answer.status, await answer.text()]
}
assert.deepEqual(
  [await ask('unlimited-key'), await ask('no-such-key')],
  [
    [200, '"Unlimited"'],
    [403, 'denied'],
  ],
)

const handlers = threescale(own)
const GET = handlers.wrap((_request, { word }: { word: string }, allowed) => Response.json([word, allowed?.plan]))
const served = await GET(new Request('http://api.example/?user_key=unlimited-key'), { word: 'x' })
assert.deepEqual(await served.json(), ['x', 'Unlimited'])

server.close()
await guard.gateway.close()
await handlers.gateway.close()
await emulator.close()

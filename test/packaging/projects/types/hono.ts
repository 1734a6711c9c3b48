// Compiled, never run: the middleware for Hono.
import byDefault, { type HonoView, honoThreescale } from '@threescale/web/hono'
import { Hono } from 'hono'

const app = new Hono()
app.use(
  honoThreescale({ serviceId: '2555417', serviceToken: 'token', onDeny: (_denied, context) => context.text('no') }),
)
app.get('/', (context) => context.json([context.get('threescale')?.plan, typeof byDefault]))

export const host = (view: HonoView): string | undefined => view.context.req.header('host')

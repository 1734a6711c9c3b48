/** How Hono reads a path; `test/served` compares it with what handlers serve. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { type Handler, Hono } from 'hono'
import { describe, expect, it } from 'vitest'
import { HonoRequestView } from '../src/hono-view.ts'

const pass: Handler = (_context, next) => next()
const answer: Handler = (context) => context.text('served')

/** The path that the view of a middleware for all paths tells. */
async function pathOf(target: string, addRoutes: (app: Hono) => void): Promise<string | undefined> {
  const app = new Hono()
  let path: string | undefined
  app.use(async (context, next) => {
    path = new HonoRequestView(context, { url: target } as IncomingMessage, {} as ServerResponse, undefined).path
    await next()
  })
  addRoutes(app)
  await app.request(target)
  return path
}

describe('law 13: the path of a request for Hono', () => {
  it.each<[string, string, (app: Hono) => void]>([
    ['has a slash where a wildcard serves it without one', '/files/', (app) => app.get('/files/*', answer)],
    ['has one although middleware stands in between', '/files/', (app) => app.get('*', pass).get('/files/*', answer)],
    ['has one where the wildcard is for all methods', '/files/', (app) => app.use('/files/*', answer)],
    ['has none where a route of its own serves it', '/files', (app) => app.use('/files/*', pass).get('/files', answer)],
    ['has none where a route serves all paths', '/files', (app) => app.get('*', answer)],
  ])('%s', async (_, path, addRoutes) => {
    expect(await pathOf('/files', addRoutes)).toBe(path)
  })
})

// @ts-check
/**
 * The least that somebody in our place does who counts what is served: a middleware that hears of the end of each
 * response and lets everything pass. What it costs, no gateway inside the process can save.
 */
import { expressApp, fastifyApp, koaApp } from './handler.js'

/** @param {import('node:http').ServerResponse} response */
function listen(response) {
  let open = true
  const end = () => {
    open = false
  }
  response.on('finish', end)
  response.on('close', end)
  return () => open
}

export const expressListening = () =>
  expressApp((app) =>
    app.use((_request, response, next) => {
      listen(response)
      next()
    }),
  )

export const koaListening = () =>
  koaApp((app) =>
    app.use((context, next) => {
      listen(context.res)
      return next()
    }),
  )

export const fastifyListening = () =>
  fastifyApp((app) =>
    app.addHook('onRequest', (_request, reply, next) => {
      listen(reply.raw)
      next()
    }),
  )

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

/** @param {import('express').Express} app */
export const listenInExpress = (app) =>
  app.use((_request, response, next) => {
    listen(response)
    next()
  })

/** @param {import('koa')} app */
export const listenInKoa = (app) =>
  app.use((context, next) => {
    listen(context.res)
    return next()
  })

/** @param {import('fastify').FastifyInstance} app */
export const listenInFastify = (app) =>
  app.addHook('onRequest', (_request, reply, next) => {
    listen(reply.raw)
    next()
  })

export const expressListening = () => expressApp(listenInExpress)
export const koaListening = () => koaApp(listenInKoa)
export const fastifyListening = () => fastifyApp(listenInFastify)

// @ts-check
/**
 * The least that a gateway inside the process must do to count responses: a middleware that listens for the end of each
 * response and lets every request pass. No gateway inside the process can cost less.
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

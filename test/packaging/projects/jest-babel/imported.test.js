import { createGateway } from '@threescale/core'
import byDefault, { threescale } from '@threescale/express'
import plugin from '@threescale/fastify'
import middleware, { viewOf } from '@threescale/koa'

test('imports that Babel turns into require get the exports by name and by default', () => {
  expect(byDefault).toBe(threescale)
  expect([createGateway, plugin, middleware, viewOf].map((one) => typeof one)).toEqual(Array(4).fill('function'))
})

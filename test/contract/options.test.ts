/** Arguments of the factories of Express and Koa; fastify.test.ts has those of Fastify. */
import { ConfigError, createGateway } from '@threescale/core'
import express, { threescale as forExpress } from '@threescale/express'
import koa, { threescale as forKoa } from '@threescale/koa'
import { describe, expect, it } from 'vitest'
import { allow, scriptGateway } from './scripted-gateway.ts'

const OPTIONS = { serviceId: '1', serviceToken: 't', backendUrl: 'http://127.0.0.1:1' }

describe.each([
  { name: 'Express', threescale: forExpress as never as Factory, standard: express },
  { name: 'Koa', threescale: forKoa as never as Factory, standard: koa },
])('$name', ({ threescale, standard }) => {
  it('is exported by name and as default', () => {
    expect(standard).toBe(threescale)
  })

  it('creates a gateway from options, which it does not change', () => {
    const options = Object.freeze({ ...OPTIONS, onDeny: 'throw' })
    const { gateway } = threescale(options)
    expect(gateway.options).toMatchObject({ serviceId: '1', serviceToken: '***' })
    expect(gateway.options).not.toHaveProperty('onDeny')
  })

  it('uses a gateway that is given', () => {
    const gateway = createGateway(OPTIONS)
    expect(threescale(gateway).gateway).toBe(gateway)
  })

  it('recognises the gateway of another copy of the package by its brand', () => {
    const foreign = { [Symbol.for('threescale.gateway')]: {}, evaluate: () => allow() }
    expect(threescale(foreign).gateway).toBe(foreign)
  })

  it('passes the settings of a route to the gateway', () => {
    const gateway = scriptGateway(() => allow())
    const route = { usage: { lookups: 2 } }
    const middleware = threescale(gateway).with(route)
    expect(gateway.routes).toEqual([route])
    expect(middleware.gateway).not.toBe(gateway)
    expect(middleware.with).toBeTypeOf('function')
  })

  it.each([
    [{ ...OPTIONS, serviceID: '1' }, 'serviceId'],
    [{ ...OPTIONS, onDeny: 'explode' }, 'onDeny'],
    [{ ...OPTIONS, onDeny: null }, 'onDeny'],
    [{}, 'serviceId'],
  ])('refuses %o with an explanation', (options, name) => {
    expect(() => threescale(options)).toThrow(ConfigError)
    expect(() => threescale(options)).toThrow(name)
  })
})

interface Made {
  readonly gateway: { readonly options: object }
  with(route: object): Made
}
type Factory = (options: object) => Made

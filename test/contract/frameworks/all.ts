/** Every framework and major that the contract holds for. */
import type { Framework } from '../framework.ts'
import { express } from './express.ts'
import { fastify } from './fastify.ts'
import { fetchHandlers } from './fetch.ts'
import { hono } from './hono.ts'
import { koa } from './koa.ts'

export const frameworks: readonly Framework[] = [...express, ...fastify, ...koa, ...hono]

/** With handlers of the Fetch API, which know neither Node's request nor its response. */
export const frameworksAndFetch: readonly Framework[] = [...frameworks, ...fetchHandlers]

/** Every framework and major that the contract holds for. */
import type { Framework } from '../framework.ts'
import { express } from './express.ts'
import { fastify } from './fastify.ts'
import { koa } from './koa.ts'

export const frameworks: readonly Framework[] = [...express, ...fastify, ...koa]

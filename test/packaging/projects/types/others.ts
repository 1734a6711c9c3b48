// Compiled, never run: what the frameworks have without us.
export type * as express from 'express'
export type * as fastify from 'fastify'
export type * as hono from 'hono'
export type * as koa from 'koa'

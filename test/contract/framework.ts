/** The common interface by which the contract suite drives every framework and major. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Allowed, Denied, Gateway, GatewayOptions, RouteOptions } from '@threescale/core'

export interface Framework {
  /** For example 'Express 4'. */
  readonly name: string
  create(setup: Setup): Promise<App>
}

export interface Setup {
  /** A gateway, or options from which the adapter creates one. */
  readonly guard: GatewayOptions | Gateway
  readonly onDeny?: 'answer' | 'throw' | ((denied: Denied, call: Call) => void | Promise<void>)
  /** Handlers by path, in Express's syntax. Default: one that answers every path below `/`. */
  readonly routes?: Readonly<Record<string, Handler | Route>>
  /** A path below which guard and routes are mounted. */
  readonly prefix?: string
  /** Whether the guard is put in front of the routes twice. */
  readonly twice?: boolean
  readonly trustProxy?: boolean
  /** Whether form bodies are read before or after the guard. */
  readonly forms?: 'before' | 'after'
  /** Changes the target before the guard, by a middleware or the framework's own option. */
  readonly rewrite?: (target: string) => string
  /** Whether the framework's CORS middleware is in front of the guard. */
  readonly cors?: boolean
  /** Called by the application's own error handler; without it the framework's default handler answers. */
  readonly onError?: (error: unknown) => void
}

export interface Route {
  readonly handler: Handler
  readonly threescale?: false | RouteOptions
  readonly method?: 'POST'
}

export type Handler = (call: Call) => void | Promise<void>

/** One request as a handler of any framework sees it. */
export interface Call {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly url: string
  readonly originalUrl: string
  /** Parameters of the route; frameworks differ in the value of a missing one. */
  readonly params: Readonly<Record<string, string | undefined>>
  readonly query: Readonly<Record<string, unknown>>
  readonly body: unknown
  readonly threescale: Allowed | null | undefined
  /** Answers in the usual way of the framework. */
  send(status: number, body: string, headers?: Readonly<Record<string, string>>): void
  /** Answers with a stream, in the usual way of the framework. */
  stream(mediaType: string, chunks: AsyncIterable<string>): void
}

export interface App {
  readonly gateway: Gateway<never>
  /** Handles a request in process. */
  dispatch(request: IncomingMessage, response: ServerResponse): void
  /** Listens on a free port of the loopback interface. */
  listen(): Promise<number>
  close(): Promise<void>
}

export function routeOf(route: Handler | Route): Route {
  return typeof route === 'function' ? { handler: route } : route
}

/** The default handler. */
export const hello: Handler = (call) => call.send(200, 'hello')

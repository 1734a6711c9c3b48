/** What every framework and major is asked to do in the contract suite, in one vocabulary. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Allowed, Denied, Gateway, GatewayOptions, RouteOptions } from '@threescale/core'

export interface Framework {
  /** For example 'Express 4'. */
  readonly name: string
  create(setup: Setup): Promise<App>
}

export interface Setup {
  /** Options for the adapter to make a gateway of, or a gateway. */
  readonly guard: GatewayOptions | Gateway
  readonly onDeny?: 'answer' | 'throw' | ((denied: Denied, call: Call) => void | Promise<void>)
  /** Handlers by path, in Express's spelling. Default: one that answers every path below `/`. */
  readonly routes?: Readonly<Record<string, Handler | Route>>
  /** Mounts guard and routes below a path. */
  readonly prefix?: string
  /** Puts the guard twice in front of the routes. */
  readonly twice?: boolean
  readonly trustProxy?: boolean
  /** Reads form bodies before the guard, or after it. */
  readonly forms?: 'before' | 'after'
  /** Another target for the routes, as a middleware or the framework's own option makes it before the guard. */
  readonly rewrite?: (target: string) => string
  /** The framework's CORS middleware in front of the guard. */
  readonly cors?: boolean
  /** What an application's own error handler sees; without one the framework's default handler answers. */
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
  /** Of the route; what a framework calls a parameter that is not there differs. */
  readonly params: Readonly<Record<string, string | undefined>>
  readonly query: Readonly<Record<string, unknown>>
  readonly body: unknown
  readonly threescale: Allowed | null | undefined
  /** Answers as the framework's users do. */
  send(status: number, body: string, headers?: Readonly<Record<string, string>>): void
  /** Answers with a stream as the framework's users do. */
  stream(mediaType: string, chunks: AsyncIterable<string>): void
}

export interface App {
  readonly gateway: Gateway<never>
  /** For requests in process. */
  dispatch(request: IncomingMessage, response: ServerResponse): void
  /** Listens on a free port of the loopback interface. */
  listen(): Promise<number>
  close(): Promise<void>
}

export function routeOf(route: Handler | Route): Route {
  return typeof route === 'function' ? { handler: route } : route
}

/** The handler of apps that do not name any. */
export const hello: Handler = (call) => call.send(200, 'hello')

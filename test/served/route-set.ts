/** What an app of the served fuzz has: routes that say which price they serve, and the mapping rules for them. */
import type { MappingRule } from '@threescale/core'

export interface RouteSet {
  readonly name: string
  readonly rules: readonly MappingRule[]
  readonly routes: readonly RouteOfSet[]
}

export interface RouteOfSet {
  /** In the syntax of Express 5 and @koa/router. */
  readonly path: string
  /** Only where a framework compares another text, for example a decoded one. */
  readonly fastifyPath?: string
  /** Default 'GET'. */
  readonly method?: 'GET' | 'POST' | 'ALL'
  /** What can be bought here, by name. A handler with several prices tells them apart by what it sees. */
  readonly prices: Readonly<Record<string, Price>>
  /** The name of the price of what is served. Default: the only one. */
  tell?(seen: Seen): string
}

export interface Price {
  /** What it costs, written down by hand. */
  readonly usage: Readonly<Record<string, number>>
  /** A request for it that cannot be misread. */
  readonly plain: PlainRequest
}

export interface PlainRequest {
  readonly target: string
  /** Default 'GET'. */
  readonly method?: string
  /** A form. */
  readonly body?: string
}

/** What a handler of any framework sees. */
export interface Seen {
  readonly method: string
  readonly params: Readonly<Record<string, unknown>>
  readonly query: Readonly<Record<string, unknown>>
  readonly body: Readonly<Record<string, unknown>>
}

/** The path in the syntax of Express 4 and of Fastify. */
export function olderSyntax(path: string): string {
  return path.replace(/\*\w+/g, '*').replace(/\{\/:(\w+)\}/g, '/:$1?')
}

/** An app of the served fuzz: a framework with its settings, a route set, and the gateway in front of it. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Allowed, GatewayOptions } from '@threescale/core'
import type { RouteOfSet, RouteSet, Seen } from './route-set.ts'

export interface Site {
  readonly name: string
  readonly plan: SitePlan
  dispatch(request: IncomingMessage, response: ServerResponse): void
  close(): Promise<unknown>
}

export interface SitePlan {
  readonly set: RouteSet
  /** Where routes are mounted, as router, rule and caller write it. Default: nowhere. */
  readonly mount?: Mount
  /** Whether the guard stands in front of the mount or in it. Default 'outside'. */
  readonly guard?: 'outside' | 'inside'
  /** Whether one rule counts every request. */
  readonly everything?: boolean
  /** Whether requests come over HTTP/2. */
  readonly http2?: boolean
  /** The gateway's option, for routers that do not tell. */
  readonly caseInsensitivePaths?: boolean
}

export interface Mount {
  readonly path: string
  readonly rule: string
  readonly plain: string
}

export const MOUNT: Mount = { path: '/api', rule: '/api', plain: '/api' }
export const TENANT: Mount = { path: '/t/:tenant', rule: '/t/{tenant}', plain: '/t/x' }

/** The field of an answer in which a handler says what it serves, and at what usage. */
export const SERVED_FIELD = 'x-served'

export type SiteMaker = (plan: SitePlan, gateway: GatewayOptions) => Promise<Omit<Site, 'name' | 'plan'>>

/** What a handler writes into that field. */
export function servedAs(route: RouteOfSet, seen: Seen, allowed: Allowed | null | undefined): string {
  const [only] = Object.keys(route.prices)
  return servedField(route.tell?.(seen) ?? only!, allowed?.usage ?? {})
}

export function servedField(price: string, usage: Readonly<Record<string, number>>): string {
  return `${price} = ${JSON.stringify(Object.fromEntries(Object.entries(usage).sort()))}`
}

/** A parsed form, whatever a framework has for no form. */
export function bodyOf(body: unknown): Seen['body'] {
  return typeof body === 'object' && body !== null ? (body as Seen['body']) : {}
}

/** A gateway whose decisions a test scripts, to test what an adapter does with decisions. */
import type { Allowed, Decision, Denied, Gateway, RequestView, ResponseView, RouteOptions } from '@threescale/core'
import { GATEWAY_BRAND } from '@threescale/core/adapter'

export interface ScriptedGateway extends Gateway {
  /** All views that were evaluated, in order. */
  readonly asked: RequestView[]
  readonly settled: { readonly decision: Decision; readonly response: ResponseView }[]
  /** The settings of each `with`, in order. */
  readonly routes: RouteOptions[]
}

export type Script = (view: RequestView, route: RouteOptions | undefined) => Decision | Promise<Decision>

/** @param locations the credential locations that the gateway's options show. */
export function scriptGateway(script: Script, locations: readonly string[] = ['query']): ScriptedGateway {
  const asked: RequestView[] = []
  const settled: { decision: Decision; response: ResponseView }[] = []
  const routes: RouteOptions[] = []
  const family = {}
  const create = (route: RouteOptions | undefined): Gateway =>
    ({
      [GATEWAY_BRAND]: family,
      options: { credentials: { in: locations } },
      evaluate(view: RequestView) {
        asked.push(view)
        return script(view, route)
      },
      settle(decision: Decision, response: ResponseView) {
        settled.push({ decision, response })
      },
      with(settings: RouteOptions) {
        routes.push(settings)
        return create(settings)
      },
      close: async () => ({}),
    }) as never
  return Object.assign(create(undefined), { asked, settled, routes })
}

export function allow(details: Partial<Allowed> = {}): Allowed {
  return {
    outcome: 'allow',
    source: 'backend',
    service: '1',
    application: { id: 'app' },
    plan: 'basic',
    usage: { hits: 1 },
    limits: [],
    headers: {},
    addUsage() {},
    ...details,
  }
}

export function denied(details: Partial<Denied> = {}): Denied {
  return {
    outcome: 'deny',
    code: 'limits_exceeded',
    reason: 'usage limits are exceeded',
    status: 429,
    retryAfterMs: 7000,
    headers: { 'content-type': 'application/problem+json', 'cache-control': 'no-store', 'retry-after': '7' },
    body: '{"detail":"usage limits are exceeded — “naïve”"}',
    ...details,
  }
}

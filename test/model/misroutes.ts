/** Calls that reach something else than 3scale, which answers them with a 4xx of its own. */
import type { TransportRequest, TransportResponse } from '../../packages/core/src/client/transport/transport.ts'
import { DEFAULTS } from '../../packages/core/src/defaults.ts'
import { codeOfStatus } from '../../packages/core/src/domain/rejection-codes.ts'

export interface Misroute {
  readonly do: 'misroute'
  readonly answer: TransportResponse
  /** How many calls, and for how long. */
  readonly calls: number
  readonly ms: number
  readonly endpoint: 'authorizations' | 'reports' | 'any'
  /** Only calls about this application, as if its id or key were the reason; undefined: all, and the clean probes. */
  readonly about: number | undefined
}

/** The longest way back of such an answer and of the probe that judges it, and how long the denial is remembered. */
const HOLDS_MS = 2000 + DEFAULTS.cache.denialTtlMs

export class Misroutes {
  readonly #open: { readonly misroute: Misroute; readonly until: number; calls: number }[] = []
  readonly #met: { readonly application: number; readonly code: string; readonly at: number }[] = []

  begin(misroute: Misroute, now: number): void {
    this.#open.push({ misroute, until: now + misroute.ms, calls: misroute.calls })
  }

  end(): void {
    this.#open.length = 0
  }

  /** @param application which the call is about; undefined: none, as of reports and clean probes. */
  answer(request: TransportRequest, application: number | undefined, now: number): TransportResponse | undefined {
    const reports = request.method === 'POST'
    const found = this.#open.find(({ misroute: { endpoint, about }, until, calls }) => {
      if (calls === 0 || now >= until || (about !== undefined && about !== application)) return false
      return endpoint === 'any' || (endpoint === 'reports') === reports
    })
    if (found === undefined) return undefined
    found.calls -= 1
    const { answer } = found.misroute
    if (application !== undefined) this.#met.push({ application, code: codeOfStatus(answer.status), at: now })
    return answer
  }

  /** The codes under which such answers may have denied a request that came at `since`, now or before. */
  codes(about: number, since: number): string[] {
    return this.#met.flatMap(({ application, code, at }) =>
      application === about && at >= since - HOLDS_MS ? [code] : [],
    )
  }
}

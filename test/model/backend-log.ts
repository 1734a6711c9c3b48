/** Records what the backend decided by itself: by the windows of its own clock, not by our stamps. */
import type { TransportRequest } from '../../packages/core/src/client/transport/transport.ts'
import type { Usage } from '../../packages/core/src/domain/usage.ts'

/** One such decision. */
export interface Said {
  readonly application: number
  readonly usage: Usage
  /** By the backend's clock. */
  readonly at: number
}

export class BackendLog {
  /** Counted, but the answer was lost: the usage is not admitted, though denials may rest on it. */
  readonly lost: Said[] = []
  readonly #counted: Said[] = []
  readonly #refused: Said[] = []

  note(
    request: TransportRequest,
    application: number | undefined,
    status: number,
    at: number,
    answerLost: boolean,
  ): void {
    const { pathname, searchParams } = new URL(request.path, 'http://backend')
    const authrep = pathname.endsWith('/authrep.xml')
    // Also of questions that inform the ledger: one about the place of a metric may refuse the request at once.
    if (application === undefined || !(authrep || pathname.endsWith('/authorize.xml'))) return
    const said = { application, usage: usageOf(searchParams), at }
    if (status === 409) this.#refused.push(said)
    else if (status === 200 && authrep) (answerLost ? this.lost : this.#counted).push(said)
  }

  /** When the backend counted usage that was admitted; undefined when it was not asked to. */
  takeCounted(application: number, usage: Usage): number | undefined {
    const index = this.#counted.findIndex(isAbout(application, usage))
    return index === -1 ? undefined : this.#counted.splice(index, 1)[0]!.at
  }

  /** When the backend refused usage of the application, whichever: a request is refused by its parts, too. */
  refusals(application: number, since: number): number[] {
    return this.#refused.flatMap((said) => (said.application === application && said.at >= since ? [said.at] : []))
  }
}

function isAbout(application: number, usage: Usage): (said: Said) => boolean {
  const text = JSON.stringify(usage)
  return (said) => said.application === application && JSON.stringify(said.usage) === text
}

function usageOf(parameters: URLSearchParams): Usage {
  const used = [...parameters].flatMap(([name, value]) => {
    const metric = /^usage\[(.*)\]$/.exec(name)?.[1]
    return metric === undefined ? [] : [[metric, Number(value)]]
  })
  return Object.fromEntries(used)
}

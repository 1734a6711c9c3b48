/** The part of the admin portal's API that gateways use to load proxy configurations (porta config/routes.rb). */
import type { Clock } from '../clock.ts'
import type { EmulatorRequest, EmulatorResponse } from '../http/message.ts'
import type { RequestTarget } from '../http/request-target.ts'
import type { Site } from '../http/site.ts'
import type { EmulatorState } from '../provider/state.ts'
import { accessOf } from './access.ts'
import { ConfigVersions } from './config-versions.ts'
import { json, notFound } from './portal-answers.ts'
import { type Readable, routes } from './routes.ts'

/** Serves the configurations of the services in the state. */
export class Portal implements Site {
  readonly #versions = new ConfigVersions()
  readonly #clock: Clock
  #state: EmulatorState = { services: [] }

  /** `clock` tells when versions were deployed. */
  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Follows a change of the state: what differs becomes a new version in staging and in production. */
  deploy(state: EmulatorState): void {
    this.#state = state
    this.#versions.deploy(state, this.#clock.now())
  }

  owns(path: string): boolean {
    return path.startsWith('/admin/api/')
  }

  answer(request: EmulatorRequest, { path, query }: RequestTarget): EmulatorResponse {
    const parameters = new URLSearchParams(query)
    const mayRead = accessOf(request, parameters, this.#state)
    if (!mayRead) return json(403, { error: 'Access denied' })
    if (request.method !== 'GET' && request.method !== 'HEAD') return notFound
    const readable: Readable = {
      request,
      parameters,
      services: this.#state.services.filter(mayRead),
      versions: (environment) => this.#versions.of(environment).filter(({ service }) => mayRead(service)),
    }
    const [, resource = '', format] = /^\/admin\/api(\/.*?)(?:\.([a-z]+))?$/s.exec(path) ?? []
    for (const [pattern, answer] of routes) {
      const match = pattern.exec(resource)
      if (match) return format === 'json' ? answer(readable, ...match.slice(1)) : { status: 406, headers: {}, body: '' }
    }
    return notFound
  }
}

/** The part of the admin portal's API that gateways use to load proxy configurations (porta config/routes.rb). */
import type { Clock } from '../clock.ts'
import { addressOf, type EmulatorRequest, type EmulatorResponse } from '../http/message.ts'
import type { RequestTarget } from '../http/request-target.ts'
import type { EmulatorState } from '../provider/state.ts'
import type { Site } from '../site.ts'
import { accessOf } from './access.ts'
import { ConfigVersions } from './config-versions.ts'
import { withAddresses } from './content.ts'
import { json, notFound } from './portal-answers.ts'
import { type Readable, routes } from './routes.ts'

/** Serves the configurations of the services in the state. */
export class Portal implements Site {
  readonly #versions = new ConfigVersions()
  readonly #clock: Clock
  readonly #issuerOf: (request: EmulatorRequest) => string | undefined
  #state: EmulatorState = { services: [] }

  /**
   * `clock` tells when versions were deployed, `issuerOf` the issuer of OpenID Connect services that name none, by the
   * request that asks for them.
   */
  constructor(clock: Clock, issuerOf: (request: EmulatorRequest) => string | undefined) {
    this.#clock = clock
    this.#issuerOf = issuerOf
  }

  /** What differs becomes a new version in staging and in production. */
  follow(state: EmulatorState): void {
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
    const [address, issuer] = [addressOf(request), this.#issuerOf(request)]
    const readable: Readable = {
      request,
      parameters,
      services: this.#state.services.filter(mayRead),
      versions: (environment) =>
        this.#versions
          .of(environment)
          .filter(({ service }) => mayRead(service))
          .map((version) => ({ ...version, content: withAddresses(version.content, address, issuer) })),
    }
    const [, resource = '', format] = /^\/admin\/api(\/.*?)(?:\.([a-z]+))?$/s.exec(path) ?? []
    for (const [pattern, answer] of routes) {
      const match = pattern.exec(resource)
      if (match) return format === 'json' ? answer(readable, ...match.slice(1)) : { status: 406, headers: {}, body: '' }
    }
    return notFound
  }
}

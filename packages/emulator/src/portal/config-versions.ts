/** The versions of the configurations: an edit of the state is deployed to staging and promoted to production at once. */
import type { EmulatorState, ServiceState } from '../provider/state.ts'
import { type Content, contentOf } from './content.ts'

export type Environment = 'sandbox' | 'production'

/** A version of the configuration of one service in one environment. */
export interface ConfigVersion {
  readonly id: number
  readonly version: number
  readonly environment: Environment
  readonly content: Content
  /** The service, as it is now. */
  readonly service: ServiceState
  /** When it was deployed, epoch milliseconds. */
  readonly at: number
}

interface History {
  readonly versions: Omit<ConfigVersion, 'service'>[]
  /** The last content as text, to notice a change. */
  text: string
}

/** Remembers all versions, also of services that are gone, because in the portal versions only go up. */
export class ConfigVersions {
  readonly #histories = new Map<string, History>()
  #services: readonly ServiceState[] = []
  #lastId = 0

  /** Adds a version of each service whose configuration differs from its last one. */
  deploy({ services }: EmulatorState, at: number): void {
    this.#services = services
    for (const service of services) {
      if (service.proxy === undefined) continue
      const content = contentOf(service, service.proxy)
      const text = JSON.stringify(content)
      const history = this.#histories.get(service.id) ?? { versions: [], text: '' }
      this.#histories.set(service.id, history)
      if (history.text === text) continue
      const version = (history.versions.at(-1)?.version ?? 0) + 1
      for (const environment of ['sandbox', 'production'] as const) {
        history.versions.push({ id: ++this.#lastId, version, environment, content, at })
      }
      history.text = text
    }
  }

  /** All versions of the present services in an environment, by id. */
  of(environment: Environment): ConfigVersion[] {
    return this.#services
      .flatMap((service) => {
        const { versions = [] } = (service.proxy && this.#histories.get(service.id)) ?? {}
        return versions.map((version) => ({ ...version, service }))
      })
      .filter((version) => version.environment === environment)
      .sort((left, right) => left.id - right.id)
  }
}

/** The latest version of each service, of versions in ascending order. */
export function latestOf(versions: readonly ConfigVersion[]): ConfigVersion[] {
  const latest = new Map(versions.map((version) => [version.service.id, version]))
  return versions.filter((version) => latest.get(version.service.id) === version)
}

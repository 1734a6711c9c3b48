/** Plans configurations by the options of a gateway. */
import type { LoadedConfiguration } from '../configuration/loading/loaded-configuration.ts'
import type { ResolvedOptions } from '../configuration/options/resolved-options.ts'
import { atOnce, type Steps } from '../primitives/steps.ts'
import type { RequestView } from '../request/request-view.ts'
import { type ConfigurationPlan, type Planning, planConfiguration } from './configuration-plan.ts'
import type { ConfigurationSource } from './configuration-source.ts'
import { type BackendAccess, type GivenOptions, readServices, setUpService } from './configure-services.ts'
import { overlapWarnings } from './overlapping-services.ts'
import type { TokenReaders } from './token-readers.ts'

export interface Planner<View extends RequestView> {
  /** Of the configuration that a gateway begins with, at once. @throws ConfigError if no service of it can be used. */
  first(source: Pick<ConfigurationSource, 'document' | 'initial'>): ConfigurationPlan<View>
  /**
   * Of one that was loaded, in steps, which throw a ConfigError if no service of it can be used.
   *
   * @param conflict says why a service cannot be called as it has to be now.
   */
  next(
    before: Planning<View>['before'],
    loaded: LoadedConfiguration,
    conflict: (access: BackendAccess) => string | undefined,
  ): Steps<ConfigurationPlan<View>>
}

export function createPlanner<View extends RequestView>(
  given: GivenOptions<View>,
  options: ResolvedOptions<View>,
  tokens: TokenReaders<View>,
): Planner<View> {
  function* plan(
    document: object | undefined,
    planning: Pick<Planning<View>, 'before' | 'loaded' | 'conflict'>,
  ): Steps<ConfigurationPlan<View>> {
    const read = yield* readServices(document, options)
    return yield* planConfiguration({
      ...planning,
      read,
      setUp: (service) => setUpService(service, given, options, tokens),
      overlaps: options.pathRouting === false ? () => [] : overlapWarnings,
    })
  }
  return {
    first({ document, initial }) {
      const before = { services: [], refused: new Map() }
      return atOnce(plan(document, { before, loaded: initial, conflict: () => undefined }))
    },
    next: (before, loaded, conflict) =>
      plan(loaded.document, { before, loaded, conflict: ({ access }) => conflict(access) }),
  }
}

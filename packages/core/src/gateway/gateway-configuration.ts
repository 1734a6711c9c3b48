/** Follows the configuration of a gateway: waits for the first one, and puts each new one in place of the last. */
import type { ConfigurationLoader, ConfigurationUser } from '../configuration/loading/configuration-loader.ts'
import type { LoadedConfiguration } from '../configuration/loading/loaded-configuration.ts'
import { ClosedError } from '../errors.ts'
import type { ConfigurationMessage, ServiceChange } from '../observe/messages.ts'
import type { Observer } from '../observe/observer.ts'
import { captureContext } from '../primitives/async-context.ts'
import { atMost } from '../primitives/at-most.ts'
import type { Clock } from '../primitives/clock.ts'
import { Slice } from '../primitives/slice.ts'
import { inSlices, type Steps } from '../primitives/steps.ts'
import type { RequestView } from '../request/request-view.ts'
import type { ConfigurationPlan } from './configuration-plan.ts'
import type { ConfigurationChange } from './gateway.ts'

export interface GatewayConfigurationOptions<View extends RequestView> {
  /** Makes or finds what loads; undefined if nothing has to be loaded. */
  readonly loader: (() => ConfigurationLoader) | undefined
  readonly clock: Clock
  readonly observer: Pick<Observer, 'configuration' | 'warn'>
  /** Its steps throw a ConfigError if no service of it can be used. */
  readonly plan: (
    before: Pick<ConfigurationPlan<View>, 'services' | 'refused'>,
    loaded: LoadedConfiguration,
  ) => Steps<ConfigurationPlan<View>>
  /** Puts a plan into effect, in one step. */
  readonly apply: (plan: ConfigurationPlan<View>) => void
  /** Called after each load. */
  readonly afterLoad: () => void
}

/** Then numbers are used again, so that a file that changes every second does not fill a log. */
const WARNING_NUMBERS = 50

interface Outcome {
  readonly loaded: LoadedConfiguration
  readonly change?: ConfigurationChange
  readonly error?: unknown
}

interface Waiter {
  readonly resolve: () => void
  readonly reject: (error: Error) => void
}

export class GatewayConfiguration<View extends RequestView> implements ConfigurationUser {
  readonly #options: GatewayConfigurationOptions<View>
  readonly #inContext = captureContext()
  readonly #waiters = new Set<Waiter>()
  #loader: ConfigurationLoader | undefined
  #leave: (() => void) | undefined
  #served: Pick<ConfigurationPlan<View>, 'services' | 'refused'> = { services: [], refused: new Map() }
  #unusable: ReadonlySet<string | undefined> = new Set()
  #used: LoadedConfiguration | undefined
  #using: Promise<unknown> = Promise.resolve()
  #outcome: Outcome | undefined
  #failing = false
  #told: ReadonlySet<string> = new Set()
  /** The number of the last warning. */
  #warned = 0
  #ready = false
  #closed = false

  constructor(options: GatewayConfigurationOptions<View>) {
    this.#options = options
  }

  /** Puts the first configuration into effect, whose warnings were told. @param loaded undefined if it is not followed. */
  begin(plan: ConfigurationPlan<View>, loaded: LoadedConfiguration | undefined): void {
    this.#told = new Set(plan.warnings)
    this.#put(plan, loaded)
  }

  /** Begins to load, where something has to be loaded; later calls do nothing. */
  start(): void {
    if (this.#closed || this.#leave !== undefined || this.#options.loader === undefined) return
    // A request may be the first to need it, and must not be held by what is loaded.
    this.#inContext(() => {
      this.#loader = this.#options.loader!()
      this.#leave = this.#loader.follow(this)
    })
  }

  /** Resolves when there is a configuration. Rejects if there is none in time, or the gateway is closed. */
  async ready(): Promise<void> {
    if (this.#ready) return
    if (this.#closed) throw closed()
    this.start()
    if (this.#loader?.startFailure !== undefined) return void (await this.reload())
    const loaded = new Promise<void>((resolve, reject) => this.#waiters.add({ resolve, reject }))
    // Keeps the process alive meanwhile.
    await atMost(Number.POSITIVE_INFINITY, loaded, this.#options.clock)
  }

  /** Loads anew. Resolves with what changed; rejects and keeps what there is if that fails. */
  async reload(): Promise<ConfigurationChange> {
    if (this.#closed) throw closed()
    this.start()
    if (this.#loader === undefined) return { source: undefined, services: [] }
    const loading = this.#loader.load().then((loaded) => {
      const outcome = this.#outcome
      if (outcome?.loaded === loaded && outcome.error !== undefined) throw outcome.error
      return outcome?.loaded === loaded && outcome.change ? outcome.change : { source: loaded.source, services: [] }
    })
    await atMost(Number.POSITIVE_INFINITY, loading, this.#options.clock)
    return loading
  }

  close(): void {
    this.#closed = true
    this.#leave?.()
    for (const { reject } of this.#waiters) reject(closed())
    this.#waiters.clear()
  }

  use(loaded: LoadedConfiguration): Promise<ReadonlySet<string | undefined>> {
    // One after the other, as a plan compares with what is served.
    const use = () => this.#use(loaded)
    const using = this.#using.then(use, use)
    this.#using = using
    return using
  }

  loadFailed(code: string): void {
    const { source = 'portal', from = '' } = this.#loader ?? {}
    this.#tell({ event: 'failed', source, from, services: [], code })
  }

  startFailed(error: Error): void {
    for (const { reject } of this.#waiters) reject(error)
    this.#waiters.clear()
  }

  async #use(loaded: LoadedConfiguration): Promise<ReadonlySet<string | undefined>> {
    const { source, from } = loaded
    try {
      if (this.#closed) throw closed()
      if (loaded === this.#used) {
        this.#outcome = undefined
        this.#tellLoaded(loaded, [])
        return this.#unusable
      }
      const plan = await inSlices(this.#options.plan(this.#served, loaded), new Slice())
      if (this.#closed) throw closed()
      const { changes, warnings } = plan
      this.#put(plan, loaded)
      this.#outcome = { loaded, change: { source, services: changes } }
      this.#tellLoaded(loaded, changes)
      this.#warn([...loaded.warnings, ...warnings])
      return this.#unusable
    } catch (error) {
      this.#outcome = { loaded, error }
      if (!this.#closed) {
        this.#tell({ event: 'failed', source, from, services: [], code: 'unusable' })
        this.#warn([(error as Error).message])
      }
      throw error
    } finally {
      if (!this.#closed) this.#options.afterLoad()
    }
  }

  #put(plan: ConfigurationPlan<View>, loaded: LoadedConfiguration | undefined): void {
    this.#options.apply(plan)
    this.#served = plan
    this.#unusable = new Set(plan.unusable.map(({ id }) => id))
    this.#used = loaded
    this.#ready = true
    for (const { resolve } of this.#waiters) resolve()
    this.#waiters.clear()
  }

  #tellLoaded({ source, from }: LoadedConfiguration, services: readonly ServiceChange[]): void {
    const same = this.#failing ? 'recovered' : 'unchanged'
    // A file is looked at every second.
    if (services.length === 0 && same === 'unchanged' && source === 'file') return
    this.#tell({ event: services.length > 0 ? 'changed' : same, source, from, services, code: undefined })
  }

  #tell(message: ConfigurationMessage): void {
    this.#failing = message.event === 'failed'
    this.#options.observer.configuration(message, this.#ready)
  }

  /** Tells what was not told after the load before. */
  #warn(warnings: readonly string[]): void {
    for (const warning of warnings) {
      if (this.#told.has(warning)) continue
      // A number of its own, as one that was used a moment ago would be held back.
      this.#warned = (this.#warned % WARNING_NUMBERS) + 1
      this.#options.observer.warn(`THREESCALE_CONFIGURATION_${this.#warned}`, warning)
    }
    this.#told = new Set(warnings)
  }
}

function closed(): ClosedError {
  return new ClosedError('the gateway is closed')
}

/** The factory: the only place where the parts of an emulator are wired. */
import { instantFrom, type SettableClock, settableClock } from './clock.ts'
import { createControlApi } from './control/api.ts'
import { Changes } from './control/changes.ts'
import type { Emulator, EmulatorOptions } from './emulator.ts'
import { FaultPlan } from './faults/fault-plan.ts'
import { validateFaults } from './faults/validate-faults.ts'
import { IdentityProvider } from './identity-provider/identity-provider.ts'
import { Portal } from './portal/portal.ts'
import { demoState } from './provider/demo-state.ts'
import { createHandler } from './server/handler.ts'
import { createRequestHandler } from './server/request-handler.ts'
import { type RunningServer, startServer } from './server/server.ts'
import { Workers } from './server/workers.ts'
import { ServiceManagement } from './service-management/service-management.ts'
import type { Site } from './site.ts'

/** Creates an emulator. Nothing is opened before `listen`. @throws InvalidDocumentError for a bad state, RangeError. */
export function createEmulator(options: EmulatorOptions = {}): Emulator {
  const { reportDelayMs = 0, latencyMs = 0, allowedHosts = [] } = options
  for (const [name, value] of Object.entries({ reportDelayMs, latencyMs })) {
    if (!(value >= 0)) throw new RangeError(`${name} must be a number of at least 0`)
  }
  const clock: SettableClock = settableClock(options.clock)
  const service = new ServiceManagement(options.state ?? demoState(), clock, reportDelayMs)
  const faults = new FaultPlan()
  const changes = new Changes()
  const provider = new IdentityProvider(clock)
  const { portal = false, identityProvider = false } = options
  const sites: Site[] = identityProvider ? [provider] : []
  if (portal) sites.push(new Portal(clock, (request) => (identityProvider ? provider.issuerOf(request) : undefined)))
  const tellSites = () => {
    for (const site of sites) site.follow(service.state())
  }
  tellSites()
  let server: RunningServer | undefined

  const emulator: Emulator = {
    handle: (request) => requests.handle(request),
    handler: (request, response) => handler(request, response),
    get url() {
      if (!server) throw new Error('the emulator is not listening')
      return server.url
    },
    async listen(listenOptions = {}) {
      if (server) throw new Error('the emulator is listening already')
      server = await startServer(emulator, listenOptions)
      return server.url
    },
    state: () => service.state(),
    setState(state) {
      service.setState(state)
      tellSites()
      changes.tell('state')
    },
    updateState(state) {
      service.updateState(state)
      tellSites()
      changes.tell('state')
    },
    usage: () => service.usage(),
    history: () => service.history(),
    setClock(now) {
      service.runJobs(false)
      clock.freeze(now === null ? undefined : instantFrom(now))
      changes.tell('clock')
    },
    now: () => clock.now(),
    get clockStopped() {
      return clock.frozenAt !== undefined
    },
    runJobs: ({ all = false } = {}) => service.runJobs(all),
    setFaults(list) {
      faults.set(validateFaults(list))
      changes.tell('faults')
    },
    faults: () => faults.list(),
    keys: () => provider.keys.list(),
    rotateKeys: ({ withdraw = false } = {}) => provider.keys.rotate(withdraw),
    calls() {
      service.runJobs(false)
      return service.calls.list()
    },
    async close() {
      const closing = server
      server = undefined
      await closing?.close()
    },
    [Symbol.asyncDispose]: () => emulator.close(),
  }
  const requests = createRequestHandler(service, createControlApi(emulator, allowedHosts), sites)
  const events = { calls: service.calls, changes, runJobs: () => void service.runJobs(false) }
  const workers = options.workers === undefined ? undefined : new Workers(options.workers)
  const handler = createHandler({ requests, faults, latencyMs, workers, events })
  return emulator
}

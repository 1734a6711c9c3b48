/** Changes of an administrator at the backend, as a new state of the emulator. */
import type { EmulatorState } from '@threescale/emulator'
import type { Change } from './schedule.ts'

type ApplicationState = NonNullable<EmulatorState['services'][0]['applications']>[0]

/** The initial state of one of the two applications. */
export function applicationOf(index: number): ApplicationState {
  return { id: `a${index}`, plan: 'p1', user_keys: [`u${index}`], application_keys: ['k0', 'k1'] }
}

/** The state after a change; undefined when there is nothing to change. */
export function changeState(
  before: EmulatorState,
  change: Exclude<Change, { do: 'foreign' | 'forge' }>,
): EmulatorState | undefined {
  const state = structuredClone(before)
  const service = state.services[0]!
  const limits = service.plans![0]!.limits!
  switch (change.do) {
    case 'limit':
    case 'drop-limit': {
      if (limits.length === 0) return undefined
      const index = change.index % limits.length
      if (change.do === 'limit') limits[index]!.value = change.value
      else limits.splice(index, 1)
      return state
    }
    case 'drop-metric':
    case 'restore-metric':
    case 'move-metric': {
      if (change.do === 'drop-metric' && limits.some(({ metric }) => metric === 'deep')) return undefined
      service.metrics = service.metrics!.filter(({ name }) => name !== 'deep')
      const parent = change.do === 'move-metric' ? 'orders' : 'searches'
      if (change.do !== 'drop-metric') service.metrics.push({ id: '3', name: 'deep', parent })
      return state
    }
    case 'delete':
    case 'restore': {
      service.applications = service.applications!.filter(({ id }) => id !== `a${change.application}`)
      if (change.do === 'restore') service.applications.push(applicationOf(change.application))
      return state
    }
    default: {
      const application = service.applications!.find(({ id }) => id === `a${change.application}`)
      if (application === undefined) return undefined
      if (change.do === 'suspend' || change.do === 'resume') {
        application.state = change.do === 'suspend' ? 'suspended' : 'active'
      } else {
        application.application_keys = change.do === 'drop-key' ? ['k0'] : ['k0', 'k1']
      }
      return state
    }
  }
}

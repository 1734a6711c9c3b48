/** The backend of the contract suite: an emulator with an application for every outcome. */
import {
  createEmulator,
  type Emulator,
  type EmulatorState,
  type MetricState,
  type PlanState,
} from '@threescale/emulator'
import { afterAll, beforeAll, beforeEach } from 'vitest'

export const SERVICE = '2555417'
export const TOKEN = 'contract-service-token'
export const PROVIDER_KEY = 'contract-provider-key'

const plans: PlanState[] = [
  { id: 'basic', name: 'Basic', limits: [{ metric: 'hits', period: 'minute', value: 3 }] },
  { id: 'once', name: 'Once', limits: [{ metric: 'hits', period: 'eternity', value: 1 }] },
  { id: 'none', name: 'None', limits: [{ metric: 'hits', period: 'day', value: 0 }] },
  { id: 'free', name: 'Free' },
]

const metrics: MetricState[] = [
  { id: '1', name: 'hits' },
  { id: '2', name: 'lookup', parent: 'hits' },
  { id: '3', name: 'tokens' },
]

/** User keys are `<application>-key`. */
export function contractState(): EmulatorState {
  const application = (id: string, plan: string) => ({ id, plan, user_keys: [`${id}-key`] })
  const shared = { provider_key: PROVIDER_KEY, service_tokens: [TOKEN], metrics, plans }
  return structuredClone({
    services: [
      {
        ...shared,
        id: SERVICE,
        backend_version: '1',
        applications: [
          application('limited', 'basic'),
          application('spent', 'once'),
          application('disabled', 'none'),
          application('free', 'free'),
          { ...application('suspended', 'free'), state: 'suspended' },
        ],
      },
      {
        ...shared,
        id: '2555418',
        backend_version: '2',
        applications: [{ id: 'keyed', plan: 'free', application_keys: ['keyed-secret'] }],
      },
    ],
  })
}

export interface Backend {
  readonly emulator: Emulator
  readonly url: string
}

/** An emulator that listens while the tests of a file run; each test begins with its first state. */
export function useEmulator(stateOf: () => EmulatorState = contractState): Backend {
  const emulator = createEmulator({ state: stateOf() })
  let url = ''
  beforeAll(async () => {
    url = await emulator.listen()
  })
  afterAll(() => emulator.close())
  beforeEach(() => {
    emulator.setState(stateOf())
    emulator.setFaults([])
  })
  return {
    emulator,
    get url() {
      return url
    },
  }
}

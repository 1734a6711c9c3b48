/** The backend of the served fuzz: an emulator with every metric that a route set counts, and one caller without limits. */
import { createEmulator } from '@threescale/emulator'
import { SITES } from './sites/all.ts'

export const SERVICE = '2555417'
export const TOKEN = 'served-service-token'

export interface Backend {
  readonly url: string
  readonly metrics: Readonly<Record<string, object>>
  close(): Promise<void>
}

export async function startBackend(): Promise<Backend> {
  const names = new Set(SITES.flatMap(({ plan }) => plan.set.rules.map((rule) => rule.metric)))
  const metrics = ['hits', ...names].map((name, index) => ({ id: String(index + 1), name }))
  const emulator = createEmulator({
    state: {
      services: [
        {
          id: SERVICE,
          provider_key: 'served-provider-key',
          service_tokens: [TOKEN],
          backend_version: '1',
          metrics,
          plans: [{ id: 'free', name: 'Free' }],
          applications: [{ id: 'caller', plan: 'free', user_keys: ['caller-key'] }],
        },
      ],
    },
  })
  const url = await emulator.listen()
  return {
    url,
    metrics: Object.fromEntries(metrics.map(({ name }) => [name, {}])),
    close: () => emulator.close(),
  }
}

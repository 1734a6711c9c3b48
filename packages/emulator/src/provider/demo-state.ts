/** The provider that is served when no state is given: a small dictionary API on three services. */
import type { ApplicationState, EmulatorState, MetricState, PlanState, ProxyState } from './state.ts'

const metrics: MetricState[] = [
  { id: '1', name: 'hits' },
  { id: '2', name: 'lookup', parent: 'hits' },
  { id: '3', name: 'tokens' },
]
const plans: PlanState[] = [
  {
    id: 'basic',
    name: 'Basic',
    limits: [
      { metric: 'hits', period: 'minute', value: 5 },
      { metric: 'hits', period: 'day', value: 1000 },
      { metric: 'tokens', period: 'day', value: 50_000 },
    ],
  },
  { id: 'tiny', name: 'Tiny', limits: [{ metric: 'hits', period: 'eternity', value: 1 }] },
  { id: 'unlimited', name: 'Unlimited' },
]

/** The hosts that lead to a service, and the mapping rules of all. */
function proxyOf(...hosts: string[]): ProxyState {
  return {
    hosts,
    proxy_rules: [{ http_method: 'GET', pattern: '/words/{word}', metric_system_name: 'lookup', delta: 1 }],
  }
}

/** A fresh copy of the demo provider: provider key `demo-provider-key`, token `demo-token`. */
export function demoState(): EmulatorState {
  return structuredClone({
    portal: { access_tokens: ['demo-portal-token'] },
    services: [
      {
        ...service('2555417', '1'),
        proxy: proxyOf('localhost', '127.0.0.1'),
        applications: [
          { id: 'good', plan: 'basic', user_keys: ['good-key'] },
          { id: 'unlimited', plan: 'unlimited', user_keys: ['unlimited-key'] },
          { id: 'nearly-limited', plan: 'tiny', user_keys: ['nearly-limited-key'] },
          { id: 'suspended', state: 'suspended', plan: 'basic', user_keys: ['suspended-key'] },
        ],
      },
      {
        ...service('2555418', '2'),
        proxy: proxyOf('apps.localhost'),
        applications: [
          { id: 'good-app', plan: 'basic', application_keys: ['good-app-key'] },
          { id: 'unlimited-app', plan: 'unlimited', application_keys: ['unlimited-app-key'] },
          { id: 'suspended-app', state: 'suspended', plan: 'basic', application_keys: ['suspended-app-key'] },
        ],
      },
      {
        ...service('2555419', 'oauth'),
        proxy: proxyOf('clients.localhost'),
        applications: [
          {
            id: 'good-client',
            plan: 'basic',
            application_keys: ['good-client-secret'],
            redirect_url: 'https://app.example/callback',
            token_claims: { aud: 'words-api' },
          } satisfies ApplicationState,
          {
            id: 'other-client',
            plan: 'basic',
            application_keys: ['other-client-secret'],
            token_claims: { aud: 'another-api' },
          },
          {
            id: 'suspended-client',
            state: 'suspended',
            plan: 'basic',
            application_keys: ['suspended-client-secret'],
            token_claims: { aud: 'words-api' },
          },
        ],
      },
    ],
  } satisfies EmulatorState)
}

function service(id: string, version: '1' | '2' | 'oauth') {
  return {
    id,
    backend_version: version,
    provider_key: 'demo-provider-key',
    service_tokens: ['demo-token'],
    metrics,
    plans,
  }
}

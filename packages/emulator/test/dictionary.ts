/** A provider for tests: user keys, three levels of metrics, all kinds of limits. */
import type { EmulatorState } from '../src/index.ts'

export const noon = '2026-01-15T12:00:00Z'

/** Service 1001 with token `stoken`, application `app` with user key `key`. */
export function dictionary(limits: { metric: string; period: 'minute' | 'day'; value: number }[] = []): EmulatorState {
  return {
    services: [
      {
        id: '1001',
        provider_key: 'pkey',
        service_tokens: ['stoken'],
        backend_version: '1',
        metrics: [
          { id: '1', name: 'hits' },
          { id: '2', name: 'lookup', parent: 'hits' },
          { id: '3', name: 'deep', parent: 'lookup' },
        ],
        plans: [{ id: 'plan', name: 'Basic', limits }],
        applications: [
          { id: 'app', plan: 'plan', user_keys: ['key'] },
          { id: 'other', plan: 'plan', user_keys: ['other-key'] },
        ],
      },
    ],
  }
}

/** The target of an authrep of one usage. */
export function authrep(usage: string, key = 'key'): string {
  return `/transactions/authrep.xml?service_token=stoken&service_id=1001&user_key=${key}&${usage}`
}

/** A report request for `Emulator.handle`; `transactions` is the encoded parameter. */
export function report(transactions: string) {
  return { method: 'POST', target: '/transactions.xml', body: `service_token=stoken&service_id=1001&${transactions}` }
}

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createEmulator } from '../../src/index.ts'
import { dictionary, noon } from '../dictionary.ts'

const ids = ['1', '2', '9', '10', '11', '19', '100']

/** The fold of the backend over calls that remain: -1 replaces 0, and everything replaces -1. */
function pick(remaining: readonly number[]): number | undefined {
  return remaining.reduce<number | undefined>(
    (current, next) => (current === undefined || current === -1 || next < current ? next : current),
    undefined,
  )
}

test('without a body, limits are looked at in the order of metric ids as text, else as numbers', () => {
  const limit = fc.record({ id: fc.constantFrom(...ids), value: fc.integer({ min: 0, max: 6 }) })
  const limits = fc.uniqueArray(limit, { selector: ({ id }) => id, minLength: 2 })
  const usage = fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 7, maxLength: 7 })
  fc.assert(
    fc.property(limits, usage, fc.boolean(), (given, amounts, noBody) => {
      const state = dictionary()
      const service = state.services[0]!
      service.metrics = ids.map((id) => ({ id, name: `m${id}` }))
      service.plans![0]!.limits = given.map(({ id, value }) => ({ metric: `m${id}`, period: 'day', value }))
      const emulator = createEmulator({ state, clock: noon })
      const query = ids.map((id, index) => `usage[m${id}]=${amounts[index]}`).join('&')
      const { headers } = emulator.handle({
        method: 'GET',
        target: `/transactions/authorize.xml?service_token=stoken&service_id=1001&user_key=key&${query}`,
        headers: { '3scale-options': `limit_headers=1${noBody ? '&no_body=1' : ''}` },
      })
      const sorted = given.toSorted((a, b) => (noBody ? (a.id < b.id ? -1 : 1) : Number(a.id) - Number(b.id)))
      const remaining = sorted.map(({ id, value }) => {
        const amount = amounts[ids.indexOf(id)]!
        return value === 0 ? 0 : amount === 0 ? -1 : Math.floor(value / amount)
      })
      expect(headers['3scale-limit-remaining']).toBe(String(pick(remaining)))
    }),
    { numRuns: 300 },
  )
})

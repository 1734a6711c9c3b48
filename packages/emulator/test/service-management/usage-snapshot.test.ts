import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createEmulator } from '../../src/index.ts'
import { dictionary, noon } from '../dictionary.ts'

const name = fc.oneof(
  fc.constantFrom('__proto__', 'constructor', 'toString', 'hasOwnProperty', 'valueOf', '0', 'length'),
  fc.string({ unit: 'grapheme', minLength: 1, maxLength: 6 }).filter((text) => !/\s/.test(text)),
)

test('usage shows services, applications and metrics of any name, also as JSON', () => {
  fc.assert(
    fc.property(fc.uniqueArray(name, { minLength: 3, maxLength: 3 }), ([serviceId, application, metric]) => {
      const state = dictionary()
      Object.assign(state.services[0]!, {
        id: serviceId,
        backend_version: '2',
        metrics: [{ id: '1', name: metric }],
        plans: [],
        applications: [{ id: application }],
      })
      const emulator = createEmulator({ state, clock: noon })
      const parameters = [
        ['service_token', 'stoken'],
        ['service_id', serviceId!],
        ['app_id', application!],
        [`usage[${metric}]`, '3'],
      ]
      const query = parameters.map((pair) => pair.map((text) => encodeURIComponent(text!)).join('=')).join('&')
      emulator.handle({ method: 'GET', target: `/transactions/authrep.xml?${query}` })
      const asJson = emulator.handle({ method: 'GET', target: '/emulator/api/usage', headers: { host: 'localhost' } })
      // Names that a query or the backend reads differently count nothing, but are shown.
      const counted = emulator.calls().at(-1)?.authorized === true ? 3 : 0
      for (const usage of [emulator.usage(), JSON.parse(asJson.body)]) {
        const own = [serviceId, application, metric, 'day'].reduce(
          (at, key) => Object.getOwnPropertyDescriptor(at, key!)?.value,
          usage,
        )
        expect(own).toBe(counted)
      }
    }),
  )
})

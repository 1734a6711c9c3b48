import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createEmulator } from '../../src/index.ts'
import { dictionary, noon } from '../dictionary.ts'

const id = fc
  .string({ unit: fc.constantFrom('a', 'b', '+', ' ', '\t', '-'), minLength: 1, maxLength: 5 })
  .map((text) => `x${text}x`)

/** An application with two spellings of its id, one for each call. */
const application = fc.tuple(id, fc.array(fc.boolean(), { minLength: 5, maxLength: 5 })).map(([text, choices]) => ({
  id: text,
  other: [...text].map((each, index) => (/\s|\+/.test(each) && choices[index % 5] ? '+' : each)).join(''),
}))

test('limits see usage reported under an id with + and not with white space; usage() shows both', () => {
  fc.assert(
    fc.property(application, fc.boolean(), ({ id, other }, byReport) => {
      const state = dictionary([{ metric: 'hits', period: 'day', value: 9 }])
      Object.assign(state.services[0]!, { backend_version: '2', applications: [{ id, plan: 'plan' }] })
      const emulator = createEmulator({ state, clock: noon })
      const authentication = 'service_token=stoken&service_id=1001'
      const written = encodeURIComponent(other)
      const { status } = byReport
        ? emulator.handle({
            method: 'POST',
            target: '/transactions.xml',
            body: `${authentication}&transactions[0][app_id]=${written}&transactions[0][usage][hits]=1`,
          })
        : emulator.handle({
            method: 'GET',
            target: `/transactions/authrep.xml?${authentication}&app_id=${written}&usage[hits]=1`,
          })
      expect(status).toBe(byReport ? 202 : 200)
      expect(emulator.calls().at(-1)?.dropped).toBeUndefined()
      const target = `/transactions/authorize.xml?${authentication}&app_id=${encodeURIComponent(id)}`
      const { body } = emulator.handle({ method: 'GET', target })
      expect(body).toContain(`<current_value>${/\s/.test(other) ? 0 : 1}</current_value>`)
      expect(emulator.usage()['1001']?.[id]?.hits?.day).toBe(1)
    }),
  )
})

test('limits do not see usage of a metric whose id has white space', () => {
  const metrics = ['hits', 'blank', 'plus']
  const state = dictionary()
  state.services[0]!.metrics = ['1', '2 b', '3+b'].map((id, index) => ({ id, name: metrics[index]! }))
  state.services[0]!.plans![0]!.limits = metrics.map((metric) => ({ metric, period: 'day', value: 9 }))
  const emulator = createEmulator({ state, clock: noon })
  const target = '/transactions/authrep.xml?service_token=stoken&service_id=1001&user_key=key'
  emulator.handle({ method: 'GET', target: `${target}&usage[hits]=1&usage[blank]=1&usage[plus]=1` })
  const { body } = emulator.handle({ method: 'GET', target: target.replace('authrep', 'authorize') })
  expect([...body.matchAll(/<current_value>(\d)</g)].map(([, value]) => Number(value))).toEqual([1, 0, 1])
  const { hits, blank, plus } = emulator.usage()['1001']!.app!
  expect([hits?.day, blank?.day, plus?.day]).toEqual([1, 1, 1])
})

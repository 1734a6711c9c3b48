import { expect, test } from 'vitest'
import { demoState } from '../../src/provider/demo-state.ts'
import { InvalidDocumentError } from '../../src/provider/invalid-document.ts'
import { validateState } from '../../src/provider/validate-state.ts'

const service = (members: object) => ({ services: [{ id: '1', ...members }] })
const metrics = [{ name: 'hits' }, { name: 'child', parent: 'hits' }]

function problemsOf(value: unknown): string[] {
  try {
    validateState(value)
    return []
  } catch (error) {
    if (!(error instanceof InvalidDocumentError)) throw error
    return error.problems.map(({ path, message }) => `${path} ${message}`)
  }
}

test.each<[string, unknown]>([
  ['the demo provider', demoState()],
  ['no service at all', { services: [] }],
  ['a service that is only an id', { services: [{ id: 'my-service' }] }],
  ['an unknown plan', service({ applications: [{ id: 'a', plan: 'nosuch' }] })],
  ['members that are undefined', service({ metrics: undefined })],
])('%s is fine', (_what, state) => {
  expect(problemsOf(state)).toEqual([])
})

test.each<[unknown, string[]]>([
  [null, [' must be an object, not null']],
  [[], [' must be an object, not an array']],
  [{}, ['services is missing']],
  [{ services: {} }, ['services must be an array, not an object']],
  [{ services: [], servces: [] }, ['servces is not known; known are $schema, services, portal, identity_provider']],
  [service({ id: 2 }), ['services[0].id must be a non-empty string, not 2']],
  [service({ state: 'paused' }), ['services[0].state must be one of "active", "suspended", not "paused"']],
  [service({ backend_version: 1 }), ['services[0].backend_version must be one of "1", "2", "oauth", null, not 1']],
  [service({ service_tokens: ['a', 3] }), ['services[0].service_tokens[1] must be a non-empty string, not 3']],
  [service({ metrics: [{ name: 'x\ud800' }] }), ['services[0].metrics[0].name must be well-formed Unicode']],
  [service({ metrics: [{ name: 'a', parent: 'b' }] }), ['services[0].metrics[0].parent is no metric: "b"']],
  [service({ metrics: [{ name: 'a', parent: 'a' }] }), ['services[0].metrics[0].parent leads in a circle']],
  [
    service({ metrics: [...metrics, { name: 'hits' }] }),
    ['services[0].metrics[2].name is the same as that of services[0].metrics[0]'],
  ],
  [
    service({ metrics, plans: [{ id: 'p', limits: [{ metric: 'nope', period: 'day', value: 1 }] }] }),
    ['services[0].plans[0].limits[0].metric is no metric: "nope"'],
  ],
  [
    service({ metrics, plans: [{ id: 'p', limits: [{ metric: 'hits', period: 'day', value: 1.5 }] }] }),
    ['services[0].plans[0].limits[0].value must be a whole number of at least 0, not 1.5'],
  ],
  [
    service({
      applications: [
        { id: 'a', user_keys: ['x y'] },
        { id: 'b', user_keys: ['x+y'] },
      ],
    }),
    ['services[0].applications[1].user_keys[0] is the same key as services[0].applications[0].user_keys[0]'],
  ],
  [
    { services: [{ id: 'a', proxy: { proxy_rules: [{ pattern: '/', metric_system_name: 'm', other: 1 }] } }] },
    ['services[0].proxy.proxy_rules[0].metric_system_name is no metric: "m"'],
  ],
  [{ services: [{ id: 'a' }, { id: 'a' }] }, ['services[1].id is the same as that of services[0]']],
])('%j', (state, problems) => {
  expect(problemsOf(state)).toEqual(problems)
})

test('lists all problems in one message', () => {
  const state = service({ state: 1, metrics: [{}] })
  expect(() => validateState(state)).toThrow(
    'invalid state: services[0].state must be one of "active", "suspended", not 1; services[0].metrics[0].name is missing',
  )
})

import { expect, it } from 'vitest'
import { nearest } from '../../src/validation/nearest-name.ts'

const KNOWN = ['serviceId', 'serviceToken', 'timeoutMs', 'cache.ttlMs']

it.each([
  ['serviceID', 'serviceId'],
  ['SERVICE_TOKEN', 'serviceToken'],
  ['serviecId', 'serviceId'],
  ['servceToken', 'serviceToken'],
  ['timeout', 'timeoutMs'],
  ['ttl', 'cache.ttlMs'],
])('%s is probably %s', (name, meant) => {
  expect(nearest(name, KNOWN)).toBe(meant)
})

it('suggests nothing if nothing is near', () => {
  for (const name of ['zebra', '', '__proto__', 'x', 'ms', 'y'.repeat(100_000)])
    expect(nearest(name, KNOWN)).toBeUndefined()
})

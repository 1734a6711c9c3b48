import { expect, it } from 'vitest'
import { noteAllowed, wasAllowed } from '../../src/adapter/seen-requests.ts'
import { createGateway } from '../../src/index.ts'

const warnings: string[] = []
const logger = {
  debug() {},
  info() {},
  warn: (facts: object) => void warnings.push((facts as { code: string }).code),
  error() {},
}
const OPTIONS = { serviceId: '1', serviceToken: 't', logger }

it('law 14: a request that a gateway has allowed passes it again, with the options of any route', () => {
  const [gateway, other] = [createGateway(OPTIONS), createGateway(OPTIONS)]
  const request = {}
  expect(wasAllowed(request, gateway)).toBe(false)
  noteAllowed(request, gateway.with({ usage: { hits: 5 } }))
  expect(wasAllowed(request, gateway)).toBe(true)
  expect(wasAllowed(request, gateway.with({}).with({}))).toBe(true)
  expect(wasAllowed(request, other)).toBe(false)
  noteAllowed(request, other)
  expect([wasAllowed(request, other), wasAllowed(request, gateway)]).toEqual([true, true])
  expect(wasAllowed({}, gateway)).toBe(false)
  expect(warnings).toEqual([])
})

it('tells once when a route with a price of its own comes behind the general guard', () => {
  const gateway = createGateway(OPTIONS)
  const request = {}
  noteAllowed(request, gateway)
  const route = gateway.with({ usage: { hits: 5 } })
  expect([wasAllowed(request, route), wasAllowed(request, route)]).toEqual([true, true])
  expect(warnings).toEqual(['THREESCALE_COUNTED_BEFORE'])
})

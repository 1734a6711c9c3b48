import { expect, it } from 'vitest'
import { firstAsked } from '../../src/adapter/seen-requests.ts'
import { createGateway } from '../../src/index.ts'

const OPTIONS = { serviceId: '1', serviceToken: 't' }

it('law 14: a request is seen once by a gateway, with the options of any route', () => {
  const [gateway, other] = [createGateway(OPTIONS), createGateway(OPTIONS)]
  const request = {}
  expect(firstAsked(request, gateway.with({ usage: { hits: 5 } }))).toBe(true)
  expect(firstAsked(request, gateway)).toBe(false)
  expect(firstAsked(request, gateway.with({}).with({}))).toBe(false)
  expect(firstAsked(request, other)).toBe(true)
  expect(firstAsked(request, other)).toBe(false)
  expect(firstAsked({}, gateway)).toBe(true)
})

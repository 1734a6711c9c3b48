import { expect, test } from 'vitest'
import { takeWarnings } from '../../../../test/support/warnings.ts'
import { createGateway } from '../../src/gateway/create-gateway.ts'
import { clientOf } from './client-of.ts'

const credential = { serviceId: '1001', serviceToken: 'stoken' }

test('a client warns once of plain http to another machine', async () => {
  clientOf('http://backend.test:3000/x')
  expect(await takeWarnings()).toEqual(['THREESCALE_OPTIONS_1'])
})

test('a client does not warn of https, nor of plain http on this machine', async () => {
  for (const url of ['https://backend.test', 'http://127.0.0.1:3000', 'http://localhost', 'http://[::1]:3000']) {
    clientOf(url)
  }
  expect(await takeWarnings()).toEqual([])
})

test('a gateway warns itself, and its client does not repeat it', async () => {
  const gateway = createGateway({ ...credential, backendUrl: 'http://backend.test' })
  expect(await takeWarnings()).toEqual(['THREESCALE_OPTIONS_1'])
  await gateway.close()
})

test('a client that is given to a gateway has warned when it was made', async () => {
  const client = clientOf('http://backend.test')
  expect(await takeWarnings()).toHaveLength(1)
  await createGateway({ serviceId: '1001', client }).close()
  expect(await takeWarnings()).toEqual([])
})

/** The classic `3scale` package from npm, which uses https only, against the emulator. */
import { createServer, globalAgent, type Server } from 'node:https'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { createEmulator, demoState, type Emulator } from '../src/index.ts'
import { createSelfSignedCertificate } from './self-signed-certificate.ts'

interface ClassicResponse {
  is_success(): boolean
  readonly status_code: number
  readonly error_code: string | null
  readonly error_message: string | null
  readonly plan?: string
  readonly usage_reports?: readonly {
    readonly metric: string
    readonly period: string
    readonly current_value: string
  }[]
}

interface Address {
  readonly host: string
  readonly port: number
}

type Method =
  | 'authorize'
  | 'authorize_with_user_key'
  | 'authrep'
  | 'authrep_with_user_key'
  | 'oauth_authorize'
  | 'oauth_authrep'
type ClassicClient = {
  [method in Method]: (options: object, callback: (response: ClassicResponse) => void) => void
} & { report(serviceId: string, transactions: object, callback: (response: ClassicResponse) => void): void }

const { Client } = createRequire(import.meta.url)('3scale') as {
  Client: {
    new (options: Address): ClassicClient
    new (providerKey: string, options: Address): ClassicClient
  }
}

let emulator: Emulator
let server: Server
let address: Address
let client: ClassicClient
const trustedBefore = globalAgent.options.ca

beforeAll(async () => {
  const certificate = createSelfSignedCertificate()
  emulator = createEmulator({ clock: '2026-01-15T12:00:00Z' })
  server = createServer(certificate, emulator.handler)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  globalAgent.options.ca = certificate.cert
  address = { host: '127.0.0.1', port: (server.address() as AddressInfo).port }
  client = new Client(address)
})
afterAll(async () => {
  globalAgent.options.ca = trustedBefore
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
})
beforeEach(() => emulator.setState(demoState()))

const call = (method: Method, options: object) =>
  new Promise<ClassicResponse>((resolve) => client[method]({ service_token: 'demo-token', ...options }, resolve))
test('authrep with a user key counts', async () => {
  const options = { service_id: '2555417', user_key: 'good-key', usage: { lookup: 2 } }
  const response = await call('authrep_with_user_key', options)
  expect(response.is_success()).toBe(true)
  expect(response.plan).toBe('Basic')
  expect(response.usage_reports).toContainEqual(
    expect.objectContaining({ metric: 'hits', period: 'minute', current_value: expect.stringMatching(/^[23]$/) }),
  )
  expect(emulator.usage()['2555417']?.good?.lookup?.day).toBe(2)
})

test('authorize with an application id and key', async () => {
  const right = { service_id: '2555418', app_id: 'good-app', app_key: 'good-app-key' }
  expect((await call('authorize', right)).is_success()).toBe(true)
  const wrong = await call('authorize', { ...right, app_key: 'wrong' })
  expect([wrong.status_code, wrong.error_message]).toEqual([409, 'application key "wrong" is invalid'])
})

test('oauth endpoints', async () => {
  const options = { service_id: '2555419', app_id: 'good-client' }
  expect((await call('oauth_authorize', options)).is_success()).toBe(true)
  expect((await call('oauth_authrep', { ...options, usage: { hits: 1 } })).is_success()).toBe(true)
  expect(emulator.usage()['2555419']?.['good-client']?.hits?.day).toBe(1)
})

test('denials and errors come with code and message', async () => {
  const options = { service_id: '2555417', usage: { hits: 1 } }
  const suspended = await call('authrep_with_user_key', { ...options, user_key: 'suspended-key' })
  expect([suspended.status_code, suspended.error_message]).toEqual([409, 'application is not active'])
  const unknown = await call('authrep_with_user_key', { ...options, user_key: 'nobody' })
  expect([unknown.status_code, unknown.error_code]).toEqual([403, 'user_key_invalid'])
  const limited = [1, 2].map(() => call('authrep_with_user_key', { ...options, user_key: 'nearly-limited-key' }))
  const [first, second] = [await limited[0]!, await limited[1]!]
  expect([first.is_success(), second.error_message]).toEqual([true, 'usage limits are exceeded'])
})

// The package does not send a service token with reports, so it can report only with a provider key.
test('reports are accepted and counted', async () => {
  vi.spyOn(console, 'warn').mockImplementationOnce(() => {})
  const reporter = new Client('demo-provider-key', address)
  const transactions = [
    { app_id: 'good-app', usage: { lookup: 3 } },
    { app_id: 'unlimited-app', usage: { tokens: 4 } },
  ]
  const response = await new Promise<ClassicResponse>((resolve) => reporter.report('2555418', transactions, resolve))
  expect([response.is_success(), response.status_code]).toEqual([true, 202])
  expect(emulator.usage()['2555418']?.['good-app']?.hits?.day).toBe(3)
  expect(emulator.usage()['2555418']?.['unlimited-app']?.tokens?.day).toBe(4)
})

import { inspect } from 'node:util'
import { type Dispatcher, MockAgent } from 'undici'
import { expect, onTestFinished, test } from 'vitest'
import { everythingOf } from '../../../../test/support/everything-of.ts'
import { rejection } from '../../../../test/support/rejection.ts'
import { scripted } from '../../../../test/support/scripted-client.ts'
import { startBackend, TYPE } from '../../../../test/support/socket-backend.ts'
import { type ClientOptions, isThreeScaleError, ThreeScaleClient } from '../../src/index.ts'
import { clientOf } from './client-of.ts'

const ours = ['SECRET-token', 'SECRET-provider']
const theirs = ['SECRET-user', 'SECRET-app', 'SECRET-key']
const application = { appId: 'SECRET-app', appKey: 'SECRET-key' }
const all = [{ userKey: 'SECRET-user', usage: { hits: 1 } }]

function expectNoSecret(value: unknown): void {
  const text = everythingOf(value)
  for (const secret of [...ours, ...theirs, 'SECRET']) expect(text).not.toContain(secret)
}

const options: Partial<ClientOptions> = { serviceToken: 'SECRET-token', timeoutMs: 50, retry: false }

test('law 5: neither inspection nor JSON of a client shows our credentials', () => {
  const client = new ThreeScaleClient({ serviceToken: 'SECRET-token', serviceId: '1' })
  expectNoSecret(client)
  expect(inspect(client)).toContain('***')
  expect(JSON.stringify(client)).toContain('"serviceToken":"***"')
  expectNoSecret(new ThreeScaleClient({ providerKey: 'SECRET-provider' }))
  expect(everythingOf(inspect(client, { customInspect: false, showHidden: true, depth: 9 }))).not.toContain('SECRET')
})

test('law 5: no failure of a call contains a credential, however it fails', async () => {
  const page = 'SECRET-token SECRET-user SECRET-app SECRET-key'
  const backend = await startBackend((request, response) => {
    const path = request.url!
    if (path.startsWith('/hang/')) return
    if (path.startsWith('/reset/')) return void request.socket.resetAndDestroy()
    const status = Number(path.split('/')[1])
    response.writeHead(status, { 'content-type': `text/html; ${page}`, location: path, 'retry-after': page }).end(page)
  })
  const refused = clientOf('http://127.0.0.1:1', options)
  const unresolved = clientOf('https://backend.invalid', options)
  const noTls = clientOf(backend.url.replace('http:', 'https:'), options)
  const clients = ['hang', 'reset', '200', '202', '204', '302', '429', '500', '503'].map((kind) =>
    clientOf(`${backend.url}/${kind}`, options),
  )
  for (const client of [refused, unresolved, noTls, ...clients]) {
    const failures = await Promise.all([
      rejection(client.authrep({ userKey: 'SECRET-user' })),
      rejection(client.authorize(application)),
      // A 202 of the wrong type is a failure too.
      rejection(client.report(all)),
    ])
    for (const failure of failures) {
      expect(isThreeScaleError(failure)).toBe(true)
      expectNoSecret(failure)
    }
  }
})

test('law 5: a log of a refused report shows neither our token nor the transactions', async () => {
  const body = '<error code="service_token_invalid">service token "SECRET-token" or service id "1" is invalid</error>'
  const { client } = scripted([{ status: 403, body }])
  const error = await rejection(client.report(all))
  expect(error).toMatchObject({ unreported: all })
  expectNoSecret(error)
})

test('law 5: an error of a given dispatcher that quotes the request is not passed on', async () => {
  const dispatcher = new MockAgent()
  dispatcher.disableNetConnect()
  onTestFinished(() => dispatcher.close())
  const client = clientOf('https://backend.example', { ...options, dispatcher })
  expectNoSecret(await rejection(client.authrep({ userKey: 'SECRET-user' })))
  const quoting = Object.assign(new Error('SECRET-token'), {
    code: 'GET /?service_token=SECRET-token',
    syscall: 'SECRET user',
  })
  const failing = {
    dispatch: () => {
      throw quoting
    },
  } as unknown as Dispatcher
  const error = await rejection(
    clientOf('https://backend.example', { ...options, dispatcher: failing }).authrep({ userKey: 'u' }),
  )
  expect(error).toMatchObject({ code: 'ERR_THREESCALE_TRANSPORT', sent: false })
  expectNoSecret(error)
})

test('law 5: arguments that are refused are not quoted', async () => {
  const { client } = scripted([{}])
  expectNoSecret(await rejection(client.authrep({ userKey: 'SECRET-user\ud800' })))
  expectNoSecret(await rejection(client.authrep({ appId: 'SECRET-app', appKey: ['SECRET-key'] as never })))
  expectNoSecret(await rejection(client.report([{ appId: 'SECRET-app\ud800', usage: { hits: -1 } }])))
})

test('law 5: inspect and JSON of a verdict show neither application keys nor what its reason quotes', async () => {
  const head = '<?xml version="1.0" encoding="UTF-8"?><status><authorized>'
  const details =
    '<application><id>a</id><key>SECRET-key</key><redirect_url></redirect_url></application><plan>P</plan><app_keys app="a" svc="1"><key id="SECRET-key"/></app_keys></status>'
  const yes = await scripted([{ body: `${head}true</authorized>${details}` }]).client.authrep({ clientId: 'a' })
  expect(yes.appKeys).toEqual(['SECRET-key'])
  expect(yes.application.key).toBe('SECRET-key')
  expectNoSecret(yes)
  const reason = 'application key "SECRET-key" is invalid'
  const no = await scripted([
    { status: 409, body: `${head}false</authorized><reason>${reason}</reason>${details}` },
  ]).client.authrep({ clientId: 'a' })
  expect(no).toMatchObject({ authorized: false, reason })
  expect(JSON.stringify(no)).not.toContain('SECRET')
  expect(inspect(no)).toContain('application key "***" is invalid')
})

test('law 5: a key that is derived from the credential is the same in all processes, and does not tell it', () => {
  const keyOf = (serviceToken: string, purpose = 'x') => scripted([], { serviceToken }).client.keyFor(purpose)
  expect(keyOf('SECRET-token')).toBe(keyOf('SECRET-token'))
  expect(keyOf('SECRET-token')).not.toContain('SECRET')
  expect(new Set([keyOf('SECRET-token'), keyOf('SECRET-other'), keyOf('SECRET-token', 'y')]).size).toBe(3)
})

test('law 5: nothing is printed, and no warning is raised', async () => {
  const warnings: unknown[] = []
  const onWarning = (warning: unknown): number => warnings.push(warning)
  process.on('warning', onWarning)
  onTestFinished(() => void process.off('warning', onWarning))
  const backend = await startBackend((_request, response) =>
    response.writeHead(200, { 'content-type': TYPE }).end('no'),
  )
  const client = clientOf(backend.url, options)
  for (let n = 0; n < 20; n++)
    await rejection(client.authrep({ userKey: 'SECRET-user' }, { signal: new AbortController().signal }))
  await new Promise((resolve) => setImmediate(resolve))
  expect(warnings).toEqual([])
})

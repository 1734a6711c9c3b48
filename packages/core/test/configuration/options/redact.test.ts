import { inspect } from 'node:util'
import { expect, it } from 'vitest'
import { quietLogger } from '../../../../../test/support/quiet-logger.ts'
import { redactOptions } from '../../../src/configuration/options/redact.ts'
import { resolveOptions } from '../../../src/configuration/options/resolve-options.ts'

it('law 5: shows the options without any secret', () => {
  const dispatcher = new (class Agent {
    readonly password = 'secret-dispatcher'
    dispatch() {}
  })()
  const shown = redactOptions(
    resolveOptions({
      serviceId: '2555417',
      serviceToken: 'secret-token',
      dispatcher: dispatcher as never,
      proxyConfig: { backend_authentication_value: 'secret-config' },
      credentials: { anonymous: { appId: 'secret-id', appKey: 'secret-key' } },
      logger: quietLogger,
      skip: () => false,
    }),
  )
  expect(shown).toMatchObject({
    serviceId: '2555417',
    serviceToken: '***',
    providerKey: undefined,
    dispatcher: '[Agent]',
    proxyConfig: '[proxy configuration]',
    credentials: { kind: 'userKey', anonymous: { appId: '***', appKey: '***' } },
    logger: '[logger]',
    skip: '[function]',
    timeoutMs: 1000,
  })
  expect(inspect(shown, { depth: 9, showHidden: true }) + JSON.stringify(shown)).not.toContain('secret-')
})

it('masks a provider key and names a client by kind', () => {
  expect(redactOptions(resolveOptions({ providerKey: 'secret' })).providerKey).toBe('***')
  const client = { authrep() {}, authorize() {}, report() {}, close() {} } as never
  expect(redactOptions(resolveOptions({ client })).client).toBe('[ThreeScaleClient]')
})

it('is frozen at every depth', () => {
  const shown = redactOptions(resolveOptions({ providerKey: 'x', mappingRules: [], cache: true }))
  for (const part of [shown, shown.credentials, shown.cache, shown.mappingRules, shown.report]) {
    expect(Object.isFrozen(part)).toBe(true)
  }
})

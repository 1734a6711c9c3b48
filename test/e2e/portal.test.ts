/** The emulator as portal and backend of one gateway: its state is edited, and the gateway follows. */
import { createGateway } from '@threescale/core'
import { createEmulator } from '@threescale/emulator'
import { expect, onTestFinished, test } from 'vitest'
import { viewOf } from '../../packages/core/test/requests.ts'
import { quietLogger } from '../support/quiet-logger.ts'

test('a gateway takes its products from the emulator, and follows an edit of them', async () => {
  const emulator = createEmulator({ portal: true })
  const url = await emulator.listen()
  onTestFinished(() => emulator.close())
  const gateway = createGateway({
    portal: { endpoint: url.replace('://', '://demo-portal-token@'), serviceIds: ['2555417'] },
    logger: quietLogger,
  })
  onTestFinished(() => gateway.close({ timeoutMs: 1000 }).then(() => {}))
  await gateway.ready()
  expect(await gateway.check()).toMatchObject({ ok: true })
  const path = '/words/hello?user_key=unlimited-key'
  const before = await gateway.evaluate(viewOf({ url: path }))
  expect(before).toMatchObject({ outcome: 'allow', service: '2555417' })

  const state = emulator.state()
  const service = state.services.find(({ id }) => id === '2555417')!
  service.proxy = {
    ...service.proxy,
    proxy_rules: [{ http_method: 'GET', pattern: '/words/', metric_system_name: 'lookup', delta: 3 }],
  }
  emulator.updateState(state)
  expect((await gateway.reload()).services).toMatchObject([{ id: '2555417', event: 'changed' }])
  expect(await gateway.evaluate(viewOf({ url: path }))).toMatchObject({ outcome: 'allow', usage: { lookup: 3 } })
  expect(await gateway.evaluate(viewOf({ url: '/other?user_key=unlimited-key' }))).toMatchObject({
    code: 'no_mapping_rule',
  })
})

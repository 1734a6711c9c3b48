/** Usage of an application that the answers do not name. */
import { createEmulator } from '@threescale/emulator'
import { expect, it } from 'vitest'
import { createGateway } from '../../packages/core/src/gateway/create-gateway.ts'
import { SERVICE, stateOf } from '../support/world.ts'

it.each([false, true])(
  'law 8: usage with response codes is counted if a key makes the answers unreadable (cache: %s)',
  async (cache) => {
    const emulator = createEmulator({
      state: stateOf({
        applications: [{ id: 'a1', plan: 'p1', user_keys: ['k1'], application_keys: ['</plan><plan>'] }],
      }),
    })
    const backendUrl = await emulator.listen()
    const gateway = createGateway({ serviceId: SERVICE, serviceToken: 'token', backendUrl, cache, responseCodes: true })
    for (let n = 0; n < 3; n++) {
      const view = { method: 'GET', url: '/?user_key=k1', header: () => undefined }
      const decision = await gateway.evaluate(view)
      expect(decision.outcome).toBe('allow')
      gateway.settle(decision, { status: 200, finished: true, header: () => undefined })
    }
    expect(await gateway.close()).toEqual({ undelivered: {} })
    expect(emulator.usage()[SERVICE]!.a1!.hits).toMatchObject({ day: 3 })
    await emulator.close()
  },
)

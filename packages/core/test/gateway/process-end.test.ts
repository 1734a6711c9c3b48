import { once } from 'node:events'
import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { createEmulatedBackend } from '../../../../test/support/emulated-backend.ts'
import { MemoryStore } from '../../../../test/support/memory-store.ts'
import type { GatewayOptions } from '../../src/configuration/options/gateway-options.ts'
import { ConfigError } from '../../src/errors.ts'
import { createGateway } from '../../src/gateway/create-gateway.ts'
import { viewOf } from '../requests.ts'

const VIEW = viewOf({ url: '/words?user_key=unlimited-key' })
const EVENTS = ['beforeExit', 'exit', 'SIGUSR2', 'SIGWINCH'] as const

function setUp(options: Partial<GatewayOptions> = {}) {
  const { seams, emulator, clock } = createEmulatedBackend()
  const gateway = createGateway({
    serviceId: '2555417',
    serviceToken: 'demo-token',
    cache: true,
    ...options,
    ...seams,
  } as GatewayOptions)
  return { gateway, clock, counted: () => emulator.usage()['2555417']?.unlimited?.hits?.day ?? 0 }
}

/** How many listeners the process has more than now. */
function listenersAdded(): () => number[] {
  const before = EVENTS.map((event) => process.listenerCount(event))
  return () => EVENTS.map((event, index) => process.listenerCount(event) - before[index]!)
}

describe('the listeners of the process', () => {
  it('law 11: are none before usage waits, one for any number of gateways, and none after the last has closed', async () => {
    const added = listenersAdded()
    const opened = Array.from({ length: 20 }, () => setUp())
    expect(added()).toEqual([0, 0, 0, 0])
    for (const { gateway } of opened) await gateway.evaluate(VIEW)
    expect(added()).toEqual([1, 1, 0, 0])
    for (const { gateway } of opened) await gateway.close()
    expect(added()).toEqual([0, 0, 0, 0])
  })

  it('law 11: go with the usage, so that a gateway that nobody closes is not kept', async () => {
    const added = listenersAdded()
    const { gateway, clock } = setUp()
    await gateway.evaluate(VIEW)
    await clock.advance(600_000)
    expect(gateway.stats().usage.hits).toMatchObject({ acknowledged: 1, pending: 0 })
    expect(added()).toEqual([0, 0, 0, 0])
    await gateway.close()
  })

  it('law 16: say what a store was not told, and come with the first request to it', async () => {
    const added = listenersAdded()
    const store = new MemoryStore()
    const { gateway } = setUp({ store: store.forProcess() })
    expect(added()).toEqual([0, 0, 0, 0])
    await gateway.evaluate(VIEW)
    store.down = true
    await gateway.evaluate(VIEW)
    const said = vi.spyOn(fs, 'writeSync').mockReturnValue(0)
    syncBuiltinESMExports()
    onTestFinished(() => {
      said.mockRestore()
      syncBuiltinESMExports()
    })
    expect(added()).toEqual([1, 1, 0, 0])
    process.listeners('exit').at(-1)!(0)
    expect(said.mock.calls).toEqual([[2, expect.stringContaining('"hits" 1.')]])
    await gateway.close()
    expect(added()).toEqual([0, 0, 0, 0])
  })

  it('law 11: for closeOn come with the first request and go with the last gateway', async () => {
    const added = listenersAdded()
    const opened = Array.from({ length: 3 }, () => setUp({ cache: false, closeOn: ['SIGUSR2', 'SIGWINCH', 'SIGUSR2'] }))
    expect(added()).toEqual([0, 0, 0, 0])
    for (const { gateway } of opened) await gateway.evaluate(VIEW)
    expect(added()).toEqual([0, 0, 1, 1])
    for (const { gateway } of opened) await gateway.close()
    expect(added()).toEqual([0, 0, 0, 0])
  })
})

describe('closeOn', () => {
  it('closes all gateways of the signal, and leaves the rest to other listeners', async () => {
    const heard: string[] = []
    const listen = (signal: string) => void heard.push(signal)
    process.once('SIGUSR2', listen)
    onTestFinished(() => void process.off('SIGUSR2', listen))
    const opened = [setUp({ closeOn: ['SIGUSR2'] }), setUp({ closeOn: ['SIGUSR2'] })]
    const other = setUp({ closeOn: ['SIGWINCH'] })
    for (const { gateway } of [...opened, other]) await gateway.evaluate(VIEW)
    const signalled = once(process, 'SIGUSR2')
    process.kill(process.pid, 'SIGUSR2')
    await signalled
    for (const { gateway, counted } of opened) {
      expect(await gateway.evaluate(VIEW)).toMatchObject({ code: 'gateway_closed' })
      expect(await gateway.close()).toEqual({ undelivered: {} })
      expect(counted()).toBe(1)
    }
    expect(heard).toEqual(['SIGUSR2'])
    expect(await other.gateway.evaluate(VIEW)).toMatchObject({ outcome: 'allow' })
    await other.gateway.close()
  })

  it('closes a gateway, too, whose first request comes while others close, and then ends the process', async () => {
    const kill = vi.spyOn(process, 'kill').mockReturnValue(true)
    const exit = vi.spyOn(process, 'exit').mockReturnValue(undefined as never)
    const ends: (() => void)[] = []
    const usageAfter = () => new Promise<Record<string, number>>((resolve) => ends.push(() => resolve({ hits: 1 })))
    const opened = Array.from({ length: 3 }, () => setUp({ closeOn: ['SIGUSR2'], usageAfter }))
    for (const [index, { gateway }] of opened.entries()) {
      gateway.settle(await gateway.evaluate(VIEW), { status: 200, finished: true, header: () => undefined })
      if (index === 0) process.emit('SIGUSR2', 'SIGUSR2')
      // The one before closes only now, that is after this one has begun.
      ends[index - 1]?.()
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    expect(kill).not.toHaveBeenCalled()
    ends.at(-1)!()
    await vi.waitFor(() => expect(exit).toHaveBeenCalled())
    expect(kill.mock.calls).toEqual([[process.pid, 'SIGUSR2']])
    expect(opened.map(({ counted }) => counted())).toEqual([1, 1, 1])
  })

  it.each([['SIGTERM'], [['SIGKILL']], [['sigterm']], [[15]], [{}]])('is no list of signals: %j', (closeOn) => {
    expect(() => setUp({ closeOn: closeOn as never })).toThrow(ConfigError)
  })
})

/** The client against the emulator, which shares no code with it: what the client means is what is counted. */
import { createEmulator, type Emulator, type EmulatorState } from '@threescale/emulator'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { answerBy } from '../../../../test/support/answer-by.ts'
import { ManualClock } from '../../../../test/support/manual-clock.ts'
import { TRANSPORT } from '../../src/client/transport/transport.ts'
import { ThreeScaleClient } from '../../src/index.ts'
import { CLOCK } from '../../src/primitives/clock.ts'

const NAMES = ['hits', 'a b', 'a&b=c', '<m>', 'ü€😀', '__proto__', '%41+', 'q"uote', '#5', ';']

const stateOf = (metrics: readonly string[]) =>
  ({
    services: [
      {
        id: '1001',
        provider_key: 'p&k',
        service_tokens: ['t&k %'],
        backend_version: '2',
        metrics: metrics.map((name, index) => ({ id: String(2001 + index), name, parent: null })),
        plans: [
          {
            id: '1',
            name: 'A & <B>',
            limits: metrics.map((metric) => ({ metric, period: 'eternity', value: 10 ** 15 })),
          },
        ],
        applications: ['app', 'ä&ö=[]%'].map((id) => ({
          id,
          state: 'active',
          plan: '1',
          application_keys: ['k&= +%#[]<"'],
        })),
      },
    ],
  }) as unknown as EmulatorState
const state = stateOf(NAMES)

function inProcess(emulator: Emulator): ThreeScaleClient {
  return new ThreeScaleClient({
    serviceId: '1001',
    serviceToken: 't&k %',
    [CLOCK]: new ManualClock('2026-01-15T10:20:30Z'),
    [TRANSPORT]: {
      request: async (request) => answerBy(emulator, request),
    },
  })
}

const amounts = fc.dictionary(fc.constantFrom(...NAMES), fc.nat({ max: 1000 }), { minKeys: 1, noNullPrototype: false })

test('the backend counts any usage as given, by authrep and by report', async () => {
  await fc.assert(
    fc.asyncProperty(fc.constantFrom('app', 'ä&ö=[]%'), amounts, amounts, async (appId, first, second) => {
      const emulator = createEmulator({ state, clock: '2026-01-15T10:20:30Z' })
      const client = inProcess(emulator)
      const verdict = await client.authrep({ appId, appKey: 'k&= +%#[]<"' }, { usage: first })
      expect(verdict).toMatchObject({ authorized: true, plan: 'A & <B>' })
      const timestamp = new Date('2026-01-15T10:20:00Z')
      await client.report([{ appId, usage: second, timestamp }])
      const counted = emulator.usage()['1001']![appId]!
      for (const name of NAMES) {
        expect(counted[name]?.eternity ?? 0).toBe((own(first, name) ?? 0) + (own(second, name) ?? 0))
      }
    }),
    { numRuns: 50 },
  )
})

test('sets, predicts and denies', async () => {
  // Metric names with markup would make the usage reports unreadable, too.
  const metrics = NAMES.filter((name) => !/[<>"]/.test(name))
  const emulator = createEmulator({ state: stateOf(metrics), clock: '2026-01-15T10:20:30Z' })
  const client = inProcess(emulator)
  const caller = { appId: 'app', appKey: 'k&= +%#[]<"' }
  const extensions = { listAppKeys: true, limitHeaders: true, hierarchy: true }
  await client.authrep(caller, { usage: { hits: '#7' } })
  const predicted = await client.authorize(caller, { usage: { hits: 10 ** 15 }, extensions })
  expect(predicted).toMatchObject({ authorized: false, status: 409, code: 'limits_exceeded' })
  // Markup in a key: the list of keys could be forged.
  expect([predicted.readable, predicted.appKeys, predicted.application.id]).toEqual([false, undefined, 'app'])
  expect(predicted.usageReports.find(({ metric }) => metric === 'hits')?.current).toBe(7)
  expect(await client.authrep({ appId: 'app', appKey: '<y>&' })).toMatchObject({
    authorized: false,
    code: 'application_key_invalid',
    reason: 'application key "<y>&" is invalid',
  })
  expect(await client.authrep(caller, { usage: { nope: 1 } })).toMatchObject({
    authorized: false,
    code: 'metric_invalid',
  })
  expect(emulator.usage()['1001']!.app!.hits!.eternity).toBe(7)
})

function own(usage: Readonly<Record<string, number>>, name: string): number | undefined {
  return Object.hasOwn(usage, name) ? usage[name] : undefined
}

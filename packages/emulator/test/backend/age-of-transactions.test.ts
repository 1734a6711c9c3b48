import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createEmulator } from '../../src/index.ts'
import { dictionary, report } from '../dictionary.ts'

const dropped = (ageSeconds: number, fraction: number) => {
  const second = Date.parse('2026-01-15T12:00:00Z') / 1000
  const emulator = createEmulator({ state: dictionary(), clock: new Date(second * 1000 + fraction) })
  const timestamp = second - ageSeconds
  emulator.handle(
    report(`transactions[0][user_key]=key&transactions[0][usage][hits]=1&transactions[0][timestamp]=${timestamp}`),
  )
  return emulator.calls().at(-1)?.dropped?.code
}

test('age is judged in whole seconds, whatever the fraction of the clock', () => {
  const age = fc.oneof(fc.integer({ min: -3610, max: 86_410 }), fc.constantFrom(-3601, -3600, 86_400, 86_401))
  fc.assert(
    fc.property(age, fc.integer({ min: 0, max: 999 }), (seconds, fraction) => {
      const expected =
        seconds > 86_400
          ? 'transaction_timestamp_too_old'
          : seconds < -3600
            ? 'transaction_timestamp_too_new'
            : undefined
      expect(dropped(seconds, fraction)).toBe(expected)
    }),
  )
})

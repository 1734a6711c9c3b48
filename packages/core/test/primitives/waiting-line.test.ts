import fc from 'fast-check'
import { expect, test } from 'vitest'
import { WaitingLine } from '../../src/primitives/waiting-line.ts'

test('gives back what was added, in its order, however adding and taking follow each other', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(fc.constant('take'), fc.nat(3000)), { maxLength: 40 }), (steps) => {
      const line = new WaitingLine<number>()
      const expected: number[] = []
      let added = 0
      for (const step of steps) {
        if (step === 'take') for (let n = 0; n < 700; n++) expect(line.shift()).toBe(expected.shift())
        else {
          for (let n = 0; n < (step as number); n++) {
            line.push(added)
            expected.push(added++)
          }
        }
        expect(line.length).toBe(expected.length)
        expect(line.first).toBe(expected[0])
      }
    }),
    { numRuns: 20 },
  )
})

test('an empty line has no first item and gives none', () => {
  const line = new WaitingLine<string>()
  expect([line.first, line.shift(), line.length]).toEqual([undefined, undefined, 0])
})

import { Ajv2020 } from 'ajv/dist/2020.js'
import { describe, expect, test } from 'vitest'
import { readRecordings } from '../../../../test/conformance/recordings.ts'
import { demoState } from '../../src/provider/demo-state.ts'
import { stateSchema } from '../../src/provider/state-schema.ts'
import { validateState } from '../../src/provider/validate-state.ts'
import { dictionary } from '../dictionary.ts'

const validate = new Ajv2020({ strict: true, allowUnionTypes: true, allErrors: true }).compile(stateSchema)

function isValid(state: unknown): boolean {
  try {
    validateState(state)
    return true
  } catch {
    return false
  }
}

describe('the JSON Schema', () => {
  test('accepts the demo provider and every recorded state', () => {
    for (const state of [demoState(), dictionary(), ...readRecordings().map((scenario) => scenario.state)]) {
      expect(validate(state), JSON.stringify(validate.errors)).toBe(true)
      expect(isValid(state)).toBe(true)
    }
  })

  test('refuses what the emulator refuses, member by member', () => {
    const wrong = [5, true, null, {}, [], '', [{}], [5], 'unheard of']
    const state = dictionary([{ metric: 'hits', period: 'day', value: 1 }])
    let compared = 0
    const visit = (at: Record<string, unknown>) => {
      for (const name of Object.keys(at)) {
        const right = at[name]
        for (const value of wrong) {
          at[name] = value
          const refersToNothing = ['metric', 'parent', 'services', 'metrics', 'plans'].includes(name) || name === 'name'
          if (validate(state) !== isValid(state) && !refersToNothing) {
            expect.fail(`${name} = ${JSON.stringify(value)}: schema ${validate(state)}, emulator ${isValid(state)}`)
          }
          compared++
        }
        at[name] = right
        const members = Array.isArray(right) ? right : [right]
        for (const member of members) if (typeof member === 'object' && member !== null) visit(member)
      }
    }
    visit(state as unknown as Record<string, unknown>)
    expect(compared).toBeGreaterThan(100)
    expect(validate({ services: [], extra: 1 })).toBe(false)
  })
})

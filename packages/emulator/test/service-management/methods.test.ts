import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createEmulator } from '../../src/index.ts'
import { authrep, dictionary } from '../dictionary.ts'

const supported = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'TRACE', 'PATCH']

test('a method is supported, unknown or malformed, whatever the target', () => {
  const emulator = createEmulator({ state: dictionary() })
  const method = fc.oneof(
    fc.constantFrom(
      ...supported,
      'LINK',
      'PROPFIND',
      'CONNECT',
      'get',
      'Get',
      '',
      'A'.repeat(20),
      'A'.repeat(21),
      'M-SEARCH',
    ),
    fc.string({ maxLength: 22 }),
    fc.string({ unit: fc.constantFrom('A', 'Z', '0', '$', '-', '_', '.'), maxLength: 22 }),
  )
  const target = fc.constantFrom(authrep('usage[hits]=1'), '/internal/x', '*', '/nope', '/status?a=1&a[b]=2')
  fc.assert(
    fc.property(method, target, (name, path) => {
      const { status, headers, body } = emulator.handle({ method: name, target: path })
      if (!/^[A-Z0-9$_.-]{1,20}$/.test(name)) expect([status, body]).toEqual([400, ''])
      else if (supported.includes(name)) expect(status).not.toBe(501)
      else expect([status, headers, body]).toEqual([501, {}, `${name} method is not supported`])
    }),
  )
  expect(emulator.handle({ method: 'HEAD', target: authrep('usage[hits]=1') }).status).toBe(200)
})

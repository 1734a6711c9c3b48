import { expect, test } from 'vitest'
import { createEmulator } from '../../src/index.ts'
import { authrep, dictionary, report } from '../dictionary.ts'

/** The parameters that the log shows after one request. */
function shownAfter(request: { method: string; target: string; body?: string }) {
  const emulator = createEmulator({ state: dictionary() })
  emulator.handle(request)
  return emulator.calls()[0]?.parameters
}
const shown = (query: string) => shownAfter({ method: 'GET', target: `/transactions/authrep.xml?${query}` })

test('keys and tokens are masked by their names, at any depth, and metrics are not', () => {
  expect(shown('user_key[]=s&User-Key=s&a[b][access_token]=s&c&usage[tokens]=5&usage[key]=6')).toEqual({
    user_key: '***',
    'User-Key': '***',
    a: { b: { access_token: '***' } },
    c: null,
    usage: { tokens: '5', key: '6' },
  })
  const batch = 'transactions[0][user_key]=s&transactions[0][usage][hits]=1&transactions[1][app_id]=a'
  expect(shownAfter(report(batch))?.transactions).toEqual({
    0: { user_key: '***', usage: { hits: '1' } },
    1: { app_id: 'a' },
  })
})

test('a parameter may have any name', () => {
  const parameters = shown('__proto__=1&constructor=2')!
  expect(Object.entries(parameters)).toEqual([
    ['__proto__', '1'],
    ['constructor', '2'],
  ])
})

test('long ones are cut, whether the request was long or not', () => {
  expect(shown(`a=${'x'.repeat(1001)}`)).toEqual({ a: `${'x'.repeat(1000)}…` })
  expect(shown(`a=${'x'.repeat(9000)}`)).toEqual({ a: `${'x'.repeat(1000)}…` })
  const many = Array.from({ length: 300 }, (_, index) => `b${index}=1`).join('&')
  expect(Object.entries(shown(many)!)).toHaveLength(201)
  expect(shown(many)).toMatchObject({ '…': '100 more' })
  expect(shown(`c[]=1${'&c[]=1'.repeat(300)}`)).toMatchObject({ c: expect.arrayContaining(['…']) })
})

test('an unreadable request shows none', () => {
  expect(shown('a=%ff&b=1&c[=2&a[]=%')).toBeUndefined()
  expect(shownAfter({ method: 'GET', target: authrep('') })).toBeDefined()
})

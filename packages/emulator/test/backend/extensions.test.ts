import { describe, expect, test } from 'vitest'
import { createEmulator } from '../../src/index.ts'
import { authrep, dictionary, noon, report } from '../dictionary.ts'

const deep = `a${'[b]'.repeat(40)}=1`
/** Headers that the backend cannot read: those that crash it, and those beyond a limit, which it answers with 400. */
const crashing = ['a=1&a[b]=2', 'a[b]=1&a[]=2', 'a=%zz', '%FF=1', 'limit_headers=1&%E2%82', '%C3=1&no_body=1']
const limited = [deep, `%FF=1&${deep}`, Array.from({ length: 4098 }, () => 'a=1').join('&')]
const bad = (body: string) => `service_token=bad&service_id=1001&${body}`
const transaction = 'transactions[0][user_key]=key&transactions[0][usage][hits]=1'

/** What the backend answers depends on whether it has read the header before it found the fault. */
const calls: [
  string,
  { method: string; target: string; body?: string },
  whole: number,
  crash: number,
  limit: number,
][] = [
  ['a good call', { method: 'GET', target: authrep('usage[hits]=1') }, 200, 500, 400],
  ['an unknown key', { method: 'GET', target: authrep('usage[hits]=1', 'unknown') }, 403, 500, 400],
  ['an unknown metric', { method: 'GET', target: authrep('usage[nope]=1') }, 404, 500, 400],
  [
    'a bad token',
    { method: 'GET', target: '/transactions/authrep.xml?service_token=bad&service_id=1001' },
    403,
    500,
    500,
  ],
  ['a user_id', { method: 'GET', target: authrep('user_id=1') }, 400, 500, 500],
  ['a usage that is no hash', { method: 'GET', target: authrep('usage=1') }, 403, 403, 403],
  ['a parameter that is not UTF-8', { method: 'GET', target: authrep('usage[hits]=%FF') }, 422, 422, 422],
  ['parameters that conflict', { method: 'GET', target: authrep('a=1&a[b]=2') }, 400, 400, 400],
  ['an unknown path', { method: 'GET', target: '/nope' }, 404, 404, 404],
  ['a report', report(transaction), 202, 500, 400],
  ['a report with a bad token', { ...report(''), body: bad(transaction) }, 403, 500, 500],
  ['a report without transactions', report(''), 400, 500, 500],
  [
    'a report on another service',
    { ...report(''), body: `provider_key=pkey&service_id=9&${transaction}` },
    403,
    500,
    400,
  ],
]

describe.each(calls)('3scale-options with %s', (_what, request, whole, crash, limit) => {
  const statusWith = (options: string) => {
    const emulator = createEmulator({ state: dictionary(), clock: noon })
    const { status } = emulator.handle({ ...request, headers: { '3scale-options': options } })
    if (status >= 400) expect(emulator.usage()['1001']?.app?.hits?.day).toBe(0)
    return status
  }

  test.each(['', 'hierarchy=1', 'a=%FF', 'a[%FF]=1'])('that is readable: %s', (options) => {
    expect(statusWith(options)).toBe(whole)
  })
  test.each(crashing)('that crashes: %s', (options) => expect(statusWith(options)).toBe(crash))
  test.each(limited)('that exceeds a limit: %.20s', (options) => expect(statusWith(options)).toBe(limit))
})

test('raw bytes in the header count like escaped ones', () => {
  const emulator = createEmulator({ state: dictionary(), clock: noon })
  const statusWith = (options: string) =>
    emulator.handle({ method: 'GET', target: authrep(''), headers: { '3scale-options': options } }).status
  expect([statusWith('\xff=1'), statusWith('ü=1'), statusWith('\xc3\xbc=1'), statusWith('a=\xff')]).toEqual([
    500, 500, 200, 200,
  ])
})

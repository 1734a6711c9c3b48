import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createAddressList } from '../../src/configuration/portal/policies/address-list.ts'
import { createIpCheck, type IpCheckSettings } from '../../src/policies/ip-check.ts'
import { FUZZ_RUNS } from '../fuzz-runs.ts'
import { viewOf } from '../requests.ts'

function passes(type: IpCheckSettings['type'], ranges: readonly string[], ip: string | undefined): boolean {
  const addresses = createAddressList(ranges, (index) => expect.fail(`${ranges[index]} is no range`))
  const settings = { kind: 'ip_check', type, addresses, message: 'no' } as const
  return createIpCheck(settings).check({ ...viewOf({}), ip }, undefined) === undefined
}

describe('the policy ip_check', () => {
  it('compares the leading bits of IPv4 addresses', () => {
    const quad = fc.constantFrom(0, 1, 10, 127, 128, 192, 255)
    const address = fc.tuple(quad, quad, quad, quad)
    const number = (quads: readonly number[]) => quads.reduce((sum, part) => sum * 256 + part, 0)
    fc.assert(
      fc.property(address, address, fc.nat(32), (range, ip, bits) => {
        const inside = Math.floor(number(range) / 2 ** (32 - bits)) === Math.floor(number(ip) / 2 ** (32 - bits))
        expect(passes('whitelist', [`${range.join('.')}/${bits}`], ip.join('.'))).toBe(inside)
        expect(passes('blacklist', [`${range.join('.')}/${bits}`], `::FFFF:${ip.join('.')}`)).toBe(!inside)
      }),
      { numRuns: FUZZ_RUNS },
    )
  })

  it.each([
    ['2001:db8::/32', '2001:db8:1::7', true],
    ['2001:db8::/32', '2001:db9::7', false],
    ['fe80::/10', 'fe80::1%eth0', true],
    ['::/0', '2001:db9::7', true],
    ['::ffff:0:0/96', '10.0.0.1', true],
    ['2001:db8::/32', '10.0.0.1', false],
    ['0.0.0.0/0', '10.0.0.1', true],
    ['10.0.0.1', '10.0.0.1', true],
  ])('%s has %s: %s', (range, ip, inside) => {
    expect(passes('whitelist', [range], ip)).toBe(inside)
    expect(passes('blacklist', [range], ip)).toBe(!inside)
  })

  it.each([undefined, '', 'unknown', '10.0.0.1:8080', '10.0.0.01', '::ffff:', '1.2.3'])(
    'refuses a client at %j',
    (ip) => {
      expect(passes('whitelist', ['0.0.0.0/0', '::/0'], ip)).toBe(false)
      expect(passes('blacklist', [], ip)).toBe(false)
    },
  )

  it('lets no client pass by an empty whitelist', () => {
    expect(passes('whitelist', [], '10.0.0.1')).toBe(false)
  })

  it.each(['', '10.0.0', '10.0.0.0/33', '::/129', '10.0.0.0/', '10.0.0.0/8/8', 'fe80::%1/10', '10.0.0.0/-1', 'host'])(
    'knows that %j is no range',
    (text) => {
      const problems: number[] = []
      createAddressList(['10.0.0.1', text], (index) => void problems.push(index))
      expect(problems).toEqual([1])
    },
  )
})

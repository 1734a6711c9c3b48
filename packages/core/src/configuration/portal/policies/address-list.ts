/** A list of addresses and ranges of addresses, IPv4 and IPv6. */
import { BlockList, isIP } from 'node:net'
import type { AddressList } from '../../../policies/ip-check.ts'

/** @param problem called with the index of each text that is neither an address nor a range (CIDR). */
export function createAddressList(texts: readonly string[], problem: (index: number) => void): AddressList {
  const list = new BlockList()
  for (const [index, text] of texts.entries()) {
    const [, address = '', , given] = /^([^/%]*)(\/(\d{1,3}))?$/.exec(text.trim()) ?? []
    const family = familyOf(address)
    const most = family === 'ipv4' ? 32 : 128
    const bits = given === undefined ? most : Number(given)
    if (family === undefined || bits > most) problem(index)
    else list.addSubnet(address, bits, family)
  }
  return {
    has(given = '') {
      const address = given.replace(/^::ffff:(?=[\d.]+$)/i, '').replace(/%.*$/, '')
      const family = familyOf(address)
      return family && list.check(address, family)
    },
  }
}

function familyOf(address: string): 'ipv4' | 'ipv6' | undefined {
  const version = isIP(address)
  return version === 0 ? undefined : version === 4 ? 'ipv4' : 'ipv6'
}

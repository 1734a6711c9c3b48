/** Lets requests pass by the address of their client, as the framework trusts it (APIcast policy/ip_check). */
import type { Refusal } from '../decision/refusal.ts'
import type { Policy } from './policy.ts'

export interface IpCheckSettings {
  readonly kind: 'ip_check'
  /** 'whitelist' lets only these addresses pass, 'blacklist' all others. */
  readonly type: 'whitelist' | 'blacklist'
  readonly addresses: AddressList
  /** The body of a denial. */
  readonly message: string
}

export interface AddressList {
  /** Undefined for what is no address. */
  has(address: string | undefined): boolean | undefined
}

/** A client whose address is unknown is refused by both types: it may be any. */
export function createIpCheck({ type, addresses, message }: IpCheckSettings): Policy {
  const answer = Object.freeze({ status: 403, body: `${message}\n`, contentType: 'text/plain' })
  const refusal: Refusal = Object.freeze({ outcome: 'refuse', code: 'address_not_allowed', answer })
  return { check: ({ ip }) => (addresses.has(ip) === (type === 'whitelist') ? undefined : refusal) }
}

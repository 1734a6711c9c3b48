/** Reads the policy ip_check. */
import type { IpCheckSettings } from '../../../policies/ip-check.ts'
import type { DocumentPart } from '../document.ts'
import { createAddressList } from './address-list.ts'

export function readIpCheck(
  configuration: DocumentPart,
  { warn }: { warn(sentence: string): void },
): IpCheckSettings | undefined {
  const type = configuration.requiredText('check_type')
  const addresses = createAddressList(configuration.texts('ips') ?? [], (index) =>
    configuration.problem(`ips[${index}]`, 'is neither an address nor a range such as 10.0.0.0/8'),
  )
  const sources = configuration.texts('client_ip_sources') ?? []
  if (sources.some((source) => source !== 'last_caller')) {
    warn(
      `${configuration.path}.client_ip_sources has no effect: the address is the one that the framework trusts, so tell it about your proxy (trust proxy)`,
    )
  }
  if (type !== 'whitelist' && type !== 'blacklist') {
    if (type !== '') configuration.problem('check_type', "must be 'whitelist' or 'blacklist'")
    return undefined
  }
  return { kind: 'ip_check', type, addresses, message: configuration.text('error_msg') ?? 'IP address not allowed' }
}

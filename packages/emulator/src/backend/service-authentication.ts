/** Finds the service of a call and authenticates the caller by service token or provider key. */
import type { Directory, Service } from '../provider/directory.ts'
import { lookupKey, type Parameter, type ParameterHash } from '../rack/parameter.ts'
import { storageKey } from '../ruby/storage-key.ts'
import { CrashError, errors } from './errors.ts'

/**
 * The provider key of a call: the one given, or that of the service to which the token belongs. A given key is not
 * checked here; even a wrong one takes precedence over a service token.
 * @throws BackendError when neither is given or the token pair is unknown.
 */
export function providerKeyOf(parameters: ParameterHash, directory: Directory): Parameter {
  const [key, token, id] = ['provider_key', 'service_token', 'service_id'].map((name) => parameters.get(name))
  if (key == null) {
    const fromToken = providerKeyOfToken(token, id, directory)
    if (fromToken !== undefined) return fromToken
  } else if (!isEmpty(key)) {
    return key
  }
  if (isEmpty(token)) throw errors.providerKeyOrServiceTokenRequired()
  if (isEmpty(id)) throw errors.serviceIdMissing()
  throw errors.serviceTokenInvalid(token!, id!)
}

/**
 * The service of a call: the one with this id, or the provider's default. Only the part of the id after its last dash
 * has to match. @throws BackendError when there is none or it belongs to another provider.
 */
export function serviceOf(providerKey: Parameter, id: Parameter | undefined, directory: Directory): Service {
  const defaultService = directory.defaultServiceOf(lookupKey(providerKey) ?? '')
  if (id != null && typeof id !== 'string') throw new CrashError('service_id is not a string')
  const wanted = id ? id : defaultService?.id
  if (wanted === undefined) throw errors.providerKeyInvalidOrServiceMissing(providerKey)
  const service = directory.service(lastDashed(wanted)) ?? directory.service(wanted)
  if (!service) throw errors.serviceIdInvalid(wanted)
  if (service.providerKey !== providerKey) {
    throw defaultService ? errors.serviceIdInvalid(wanted) : errors.providerKeyInvalid(providerKey)
  }
  return service
}

function providerKeyOfToken(
  token: Parameter | undefined,
  id: Parameter | undefined,
  directory: Directory,
): string | undefined {
  if (isEmpty(token) || isEmpty(id)) return undefined
  const service = directory.service(lookupKey(id) ?? '')
  return service?.tokens.has(storageKey(lookupKey(token) ?? '')) ? service.providerKey : undefined
}

function isEmpty(value: Parameter | undefined): boolean {
  return value == null || (Array.isArray(value) || typeof value === 'string' ? value.length : value.size) === 0
}

function lastDashed(id: string): string {
  return id.replace(/-+$/, '').split('-').at(-1)!
}

/** The authorize and authrep endpoints: from parameters to a verdict (apisonator, lib/3scale/backend/transactor.rb). */
import type { Counters } from '../counting/counters.ts'
import type { Directory } from '../provider/directory.ts'
import type { Windows } from '../provider/period.ts'
import { isValidUtf8, type ParameterHash } from '../rack/parameter.ts'
import { strip } from '../ruby/strip.ts'
import { findApplication } from './application-lookup.ts'
import type { Call, Rejection } from './call.ts'
import { EmptyForbiddenError, errors } from './errors.ts'
import type { ExtensionsReader } from './extensions.ts'
import { countLimits, limitsAffecting } from './limits.ts'
import { providerKeyOf, serviceOf } from './service-authentication.ts'
import { validate } from './validators.ts'

export interface AuthorizeRequest {
  readonly parameters: ParameterHash
  readonly extensions: ExtensionsReader
  readonly oauth: boolean
  readonly counts: boolean
  readonly now: number
  readonly windows: Windows
}

export interface Verdict {
  readonly call: Call
  readonly rejection: Rejection | undefined
}

/** @throws BackendError, EmptyForbiddenError, CrashError or ParameterError in the backend's order of checks. */
export function authorize(request: AuthorizeRequest, directory: Directory, counters: Counters): Verdict {
  const { oauth, counts, now, windows } = request
  if (!isValidUtf8(request.parameters)) throw errors.notValidData()
  const parameters = normalized(request.parameters)
  const providerKey = providerKeyOf(parameters, directory)
  if (parameters.get('user_id') != null) throw errors.endUsersNoLongerSupported()
  const usage = parameters.get('usage') ?? undefined
  if (usage !== undefined && !(usage instanceof Map)) throw new EmptyForbiddenError('usage is not a hash')
  const extensions = request.extensions()
  const service = serviceOf(providerKey, parameters.get('service_id'), directory)
  const { application, id } = findApplication(service, parameters, oauth)
  const { plan } = application
  const needed = extensions.noBody && usage?.size ? limitsAffecting(plan, service, usage) : plan.limits
  const limits = countLimits(needed, counters.of(service.id, id).read, windows)
  const call: Call = {
    parameters,
    service,
    application,
    applicationId: id,
    oauth,
    counts,
    usage,
    extensions,
    now,
    windows,
    limits,
  }
  return { call, rejection: validate(call) }
}

const idNames = ['service_id', 'app_id', 'user_key', 'provider_key', 'app_key']

/** Drops ids that are blank or not strings. Only an application key is trimmed, and it may stay empty. */
function normalized(parameters: ParameterHash): ParameterHash {
  let result = parameters
  const change = () => {
    if (result === parameters) result = new Map(parameters)
    return result
  }
  for (const name of idNames) {
    const value = result.get(name)
    if (value === undefined) continue
    const trimmed = typeof value === 'string' ? strip(value) : undefined
    if (trimmed === undefined || (trimmed === '' && name !== 'app_key')) change().delete(name)
    else if (name === 'app_key' && trimmed !== value) change().set(name, trimmed)
  }
  return result
}

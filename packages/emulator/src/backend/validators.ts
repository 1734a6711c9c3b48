/** Checks a call of a known application in the backend's order; the first failure decides. */
import { type Parameter, rubyText } from '../rack/parameter.ts'
import type { Call, Rejection } from './call.ts'
import { CrashError, isBlank } from './errors.ts'
import { withinLimits } from './limits.ts'
import { referrerMatches } from './referrer.ts'

type Validator = (call: Call) => Rejection | undefined

/** The first rejection, or undefined. @throws BackendError when the check of limits finds an invalid usage. */
export function validate(call: Call): Rejection | undefined {
  const validators = call.oauth ? oauthEndpoint : call.service.version === 'oauth' ? oauthService : ordinary
  for (const validator of validators) {
    const rejection = validator(call)
    if (rejection) return rejection
  }
  return undefined
}

function applicationKey({ service, application, parameters }: Call): Rejection | undefined {
  if (service.version === '1' || application.keys.size === 0) return undefined
  const key = parameters.get('app_key')
  return typeof key === 'string' && application.keys.has(key) ? undefined : keyInvalid(key)
}

function oauthKey({ application, parameters }: Call): Rejection | undefined {
  const key = parameters.get('app_key')
  if (key == null || (typeof key === 'string' && key !== '' && application.keys.has(key))) return undefined
  return keyInvalid(key)
}

function keyInvalid(key: Parameter | undefined): Rejection {
  const reason = isBlank(key) ? 'application key is missing' : `application key "${rubyText(key)}" is invalid`
  return { code: 'application_key_invalid', reason }
}

function oauthEnabled({ service }: Call): Rejection | undefined {
  return service.version === 'oauth' ? undefined : { code: 'oauth_not_enabled', reason: 'oauth is not enabled' }
}

/** Which of the two parameters is read; the answer's element is named after it. */
export function redirectField({ parameters }: Call): 'redirect_url' | 'redirect_uri' {
  return !parameters.has('redirect_url') && parameters.has('redirect_uri') ? 'redirect_uri' : 'redirect_url'
}

function redirect(call: Call): Rejection | undefined {
  const field = redirectField(call)
  const value = rubyText(call.parameters.get(field))
  if (value === '' || value === call.application.redirectUrl) return undefined
  return { code: `${field}_invalid`, reason: `${field} "${value}" is invalid` }
}

function referrer({ service, application, parameters }: Call): Rejection | undefined {
  if (!service.referrerFiltersRequired || application.referrerFilters.length === 0) return undefined
  const value = parameters.get('referrer')
  if (value != null && typeof value !== 'string') throw new CrashError('referrer is not a string')
  if (application.referrerFilters.some((filter) => referrerMatches(filter, value ?? undefined))) return undefined
  return {
    code: 'referrer_not_allowed',
    reason: isBlank(value) ? 'referrer is missing' : `referrer "${value}" is not allowed`,
  }
}

function applicationState({ application }: Call): Rejection | undefined {
  return application.active ? undefined : { code: 'application_not_active', reason: 'application is not active' }
}

function serviceState({ service }: Call): Rejection | undefined {
  return service.active ? undefined : { code: 'service_not_active', reason: 'service is not active' }
}

function limits(call: Call): Rejection | undefined {
  return withinLimits(call) ? undefined : { code: 'limits_exceeded', reason: 'usage limits are exceeded' }
}

const common: readonly Validator[] = [referrer, applicationState, serviceState, limits]
const ordinary: readonly Validator[] = [applicationKey, ...common]
const oauthService: readonly Validator[] = [oauthKey, ...common]
const oauthEndpoint: readonly Validator[] = [oauthEnabled, oauthKey, redirect, ...common]

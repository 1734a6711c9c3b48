/** Asks the backend whether our own settings are accepted, without counting anything. */
import { randomUUID } from 'node:crypto'
import { unusableWarning } from '../configuration/portal/proxy-config.ts'
import type { CredentialsReader } from '../credentials/credentials-reader.ts'
import type { IssuerKeys } from '../credentials/oidc/issuer-keys.ts'
import type { Credentials } from '../domain/credentials.ts'
import { faultOf, REQUEST_TOO_LARGE } from '../domain/rejection-codes.ts'
import { usageOf } from '../domain/usage.ts'
import { isThreeScaleError } from '../errors.ts'
import type { UsageReader } from '../mapping/usage-reader.ts'
import { foreignAnswer, foreignSentence } from '../observe/foreign-answer.ts'
import { keysHint } from '../observe/keys-sentence.ts'
import { kindSentence } from '../observe/kind-sentence.ts'
import type { RequestView } from '../request/request-view.ts'
import type { ConfiguredService } from './configured-service.ts'
import type { CheckResult } from './gateway.ts'
import type { Served } from './served.ts'

/**
 * Makes one authorize call per service. Only an answer of 3scale that comes after the check of our credentials is good.
 * The backend checks our credentials before the application, so a made-up caller is enough for them and for the kind of
 * credentials. It checks metric names last, so they need a real application (apisonator, order of checks in the
 * authorize family).
 */
export async function checkSettings<View extends RequestView>(
  { services, unusable }: Pick<Served<View>, 'services' | 'unusable'>,
  routeUsage: UsageReader<View> | undefined,
  credentials: Credentials | undefined,
): Promise<CheckResult> {
  const [broken] = unusable
  if (broken !== undefined) {
    return { ok: false, code: 'service_unusable', hint: unusableWarning(broken.id, broken.problems) }
  }
  if (services.length === 0) return { ok: false, code: 'gateway_not_ready', hint: NOT_READY_HINT }
  let metrics: 'accepted' | 'unchecked' = 'accepted'
  let keys: 'current' | 'stale' | undefined
  for (const configured of services) {
    const [result, found] = await Promise.all([
      checkService(configured, routeUsage ?? configured.usage, credentials),
      configured.keys && (configured.keys.current ?? configured.keys.newer(undefined)),
    ])
    if (!result.ok) return result
    if (result.metrics === 'unchecked') metrics = 'unchecked'
    if (configured.keys === undefined) continue
    if (found === undefined) return { ok: false, code: 'issuer_unavailable', hint: withoutKeys(configured.keys) }
    if (configured.keys.trouble !== undefined) keys = 'stale'
    keys ??= 'current'
  }
  return { ok: true, metrics, ...(keys && { keys }) }
}

async function checkService<View extends RequestView>(
  { service, credentials: reader }: ConfiguredService<View>,
  usage: UsageReader<View>,
  given: Credentials | undefined,
): Promise<CheckResult> {
  const credentials = given ?? reader.anonymous ?? madeUpCaller(reader.kind)
  // The backend checks amounts of 0 like others, and they count nothing.
  const zeroUsage = usageOf(usage.metrics.map((metric) => [metric, 0]))
  try {
    const verdict = await service.client.authorize(credentials, { service: service.id, usage: zeroUsage })
    if (verdict.authorized) return { ok: true, metrics: 'accepted' }
    if (verdict.foreign !== undefined) {
      const { status, foreign: contentType } = verdict
      const hint = foreignSentence({ host: service.client.host, status, contentType })
      return { ok: false, code: 'ERR_THREESCALE_PROTOCOL', hint }
    }
    if (faultOf(verdict.code) === 'ours') return { ok: false, code: verdict.code, hint: hintOf(verdict.code) }
    if (UNPROVED.has(verdict.code)) {
      return { ok: false, code: verdict.code, hint: 'the credentials of the check cannot be asked with; give others' }
    }
    // Given credentials may fit another service of the configuration.
    const ofThisKind = given === undefined && reader.kind !== undefined
    const kindHint = ofThisKind ? kindSentence(credentials, verdict.code) : undefined
    if (kindHint !== undefined) return { ok: false, code: verdict.code, hint: kindHint }
    // Limits are the last check, so a call that fails there has passed the check of its metrics.
    return { ok: true, metrics: faultOf(verdict.code) === 'limits' ? 'accepted' : 'unchecked' }
  } catch (error) {
    if (!isThreeScaleError(error)) throw error
    const foreign = foreignAnswer(error, service.client.host)
    if (foreign !== undefined) return { ok: false, code: error.code, hint: foreignSentence(foreign) }
    return { ok: false, code: error.code, hint: `the backend could not be asked: ${error.message}` }
  }
}

function madeUpCaller(kind: CredentialsReader['kind'] = 'userKey'): Credentials {
  const id = `check-${randomUUID()}`
  return kind === 'userKey' ? { userKey: id } : kind === 'appId' ? { appId: id } : { clientId: id }
}

function withoutKeys({ trouble = 'no answer yet' }: IssuerKeys): string {
  return `the keys of the identity provider cannot be read (${trouble}${keysHint(trouble)}); no access token is accepted until they can`
}

const NOT_READY_HINT = 'the configuration is not loaded yet; wait for ready()'

/** Refusals of a call's form, which come before 3scale looks at our credentials (apisonator, order of checks). */
const UNPROVED: ReadonlySet<string> = new Set([REQUEST_TOO_LARGE, 'bad_request', 'not_valid_data'])

function hintOf(code: string): string {
  switch (code) {
    case 'service_token_invalid':
      return 'check serviceToken and serviceId: the token must belong to that service and have the scope of the Service Management API'
    case 'provider_key_invalid':
    case 'provider_key_invalid_or_service_missing':
      return 'check providerKey, and give serviceId when the provider has no default service'
    case 'service_id_invalid':
    case 'service_id_missing':
      return 'check serviceId: it is the numeric id of the product, not its system name'
    case 'metric_invalid':
      return 'a metric in usage, mappingRules or metrics does not exist in this service; use system names'
    case 'oauth_not_enabled':
      return 'the service does not use OAuth; let callers identify by userKey or appId'
    default:
      return '3scale refuses how this gateway is set up; its code tells what'
  }
}

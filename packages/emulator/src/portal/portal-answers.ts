/** The portal's answers, as porta gives them (its controllers, and Rails' conditional requests). */
import { conditional } from '../http/conditional.ts'
import type { EmulatorRequest, EmulatorResponse } from '../http/message.ts'
import type { ConfigVersion } from './config-versions.ts'

/** A value as an answer. */
export function json(status: number, value: unknown): EmulatorResponse {
  return { status, headers: { 'content-type': 'application/json; charset=utf-8' }, body: JSON.stringify(value) }
}

/** Of an unknown service, version or path. */
export const notFound: EmulatorResponse = json(404, { status: 'Not found' })

/** 422 on the list of the account, 400 elsewhere. */
export function invalidEnvironment(status: 400 | 422): EmulatorResponse {
  return json(status, { error: 'invalid environment' })
}

/** A 200, or a 304 to a client that has it. `modifiedAt` is in epoch milliseconds. */
export function found(request: EmulatorRequest, value: unknown, modifiedAt?: number): EmulatorResponse {
  const { headers, ...answer } = json(200, value)
  const cacheControl = { 'cache-control': 'max-age=0, private, must-revalidate' }
  return conditional(request, { ...answer, headers: { ...headers, ...cacheControl } }, modifiedAt)
}

/** A list of versions. */
export function foundVersions(request: EmulatorRequest, versions: readonly ConfigVersion[]): EmulatorResponse {
  const newest = versions.length === 0 ? undefined : Math.max(...versions.map(({ at }) => at))
  return found(request, { proxy_configs: versions.map(member) }, newest)
}

/** One version. */
export function foundVersion(request: EmulatorRequest, version: ConfigVersion): EmulatorResponse {
  return found(request, member(version), version.at)
}

function member({ id, version, environment, content }: ConfigVersion): object {
  return { proxy_config: { id, version, environment, content } }
}

/** The backend that the environment names, and what is known about it from its state. */
import { readFileSync } from 'node:fs'
import type { EmulatorState } from '@threescale/emulator'
import { onTestFinished } from 'vitest'
import {
  type ClientOptions,
  type Credentials,
  ThreeScaleClient,
  type UsageReport,
} from '../../packages/core/src/index.ts'

type Service = EmulatorState['services'][number]
type Application = NonNullable<Service['applications']>[number]

const { APISONATOR_URL, APISONATOR_STATE } = process.env

/** The address of the backend and the state it was filled with; undefined unless the environment names both. */
export const backend: { readonly url: string; readonly state: EmulatorState } | undefined =
  APISONATOR_URL && APISONATOR_STATE
    ? { url: APISONATOR_URL, state: JSON.parse(readFileSync(APISONATOR_STATE, 'utf8')) }
    : undefined

/** Services that can be called; the suite needs their tokens. */
export const services: readonly Service[] =
  backend?.state.services.filter(({ service_tokens }) => (service_tokens?.length ?? 0) > 0) ?? []

/** Applications that may call, of services that may be called. */
export const callers: readonly { readonly service: Service; readonly application: Application }[] = services
  .filter(({ state }) => state !== 'suspended')
  .flatMap((service) =>
    (service.applications ?? [])
      .filter((application) => application.state !== 'suspended' && credentialsOf(service, application) !== undefined)
      .map((application) => ({ service, application })),
  )

/** The connection to a service; the time-out is generous, because the backend may be far away. */
export function connectionTo(service: Service): ClientOptions {
  return {
    serviceId: service.id,
    serviceToken: service.service_tokens![0]!,
    backendUrl: backend!.url,
    timeoutMs: 10_000,
  }
}

/** A client of a service that is closed at the end of the test. */
export function clientOf(service: Service, options: Partial<ClientOptions> = {}): ThreeScaleClient {
  const client = new ThreeScaleClient({ ...connectionTo(service), ...options })
  onTestFinished(() => client.close())
  return client
}

/** Good credentials of an application for the kind that its service uses; undefined if it has none. */
export function credentialsOf(service: Service, application: Application): Credentials | undefined {
  const appKey = application.application_keys?.[0]
  const key = appKey === undefined ? {} : { appKey }
  switch (service.backend_version) {
    case '1':
      return application.user_keys?.[0] === undefined ? undefined : { userKey: application.user_keys[0] }
    case 'oauth':
      return { clientId: application.id, ...key }
    default:
      return { appId: application.id, ...key }
  }
}

/** A referrer that an application's filters let pass, if it has filters and its service looks at them. */
export function referrerOf(service: Service, application: Application): string | undefined {
  return service.referrer_filters_required ? application.referrer_filters?.[0]?.replaceAll('*', 'x') : undefined
}

/** The metrics that an application's plan limits itself, with room for more than nothing. */
export function limitedMetrics(service: Service, application: Application): readonly string[] {
  const limits = service.plans?.find(({ id }) => id === application.plan)?.limits ?? []
  return [...new Set(limits.filter(({ value }) => value > 0).map(({ metric }) => metric))]
}

/** A metric and all that include it: usage of it falls under the limits of each. */
export function lineOf(service: Service, metric: string): readonly string[] {
  const parent = service.metrics?.find(({ name }) => name === metric)?.parent
  return parent ? [metric, ...lineOf(service, parent)] : [metric]
}

/** Whether two reports are about one window of one limit. */
export function sameWindow(left: UsageReport, right: UsageReport): boolean {
  return (
    left.metric === right.metric && left.period === right.period && left.start?.getTime() === right.start?.getTime()
  )
}

/** The state of an emulated provider, in the JSON form that files, the control API and recordings share. */
import type { PeriodName } from './period.ts'

export interface EmulatorState {
  services: ServiceState[]
}

export interface ServiceState {
  id: string
  /** Provider key of the account the service belongs to. Default `provider-key`. */
  provider_key?: string
  /** Tokens that authenticate calls about this service. Default none. */
  service_tokens?: string[]
  /** '1' user keys, '2' application ids and keys, 'oauth' client ids; null or absent behaves like '2'. */
  backend_version?: '1' | '2' | 'oauth' | null
  /** Applications with referrer filters must send a matching referrer. Default false. */
  referrer_filters_required?: boolean
  /** Default active. */
  state?: 'active' | 'suspended'
  /** The service used when a provider key comes without service id. Default: the first one of the provider. */
  default_service?: boolean
  /** Leaves the provider without a default service. Default false. */
  remove_default?: boolean
  metrics?: MetricState[]
  plans?: PlanState[]
  applications?: ApplicationState[]
}

export interface MetricState {
  /** Decides the order of usage reports (numeric ids ascending). Default: the order of definition. */
  id?: string
  name: string
  /** Name of the metric that this one's usage is added to. Default none. */
  parent?: string | null
}

export interface PlanState {
  id: string
  name?: string | null
  limits?: LimitState[]
}

export interface LimitState {
  /** Name of a metric of the same service. */
  metric: string
  period: PeriodName
  value: number
}

export interface ApplicationState {
  id: string
  /** Default active. */
  state?: 'active' | 'suspended'
  /** Id of a plan of the same service. Without one, or with an unknown one, nothing is limited. */
  plan?: string | null
  user_keys?: string[]
  application_keys?: string[]
  /** Literal texts in which `*` stands for any run of characters. */
  referrer_filters?: string[]
  redirect_url?: string | null
}

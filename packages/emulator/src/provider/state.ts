/** The state of an emulated provider, in the JSON form that files, the control API and recordings share. */
import type { PeriodName } from './period.ts'

/** A whole state. */
export interface EmulatorState {
  services: ServiceState[]
  portal?: PortalState
  identity_provider?: IdentityProviderState
}

/** The admin portal. */
export interface PortalState {
  /** Tokens that may read all configurations, beside the provider keys, which may read those of their services. */
  access_tokens?: string[]
}

/** The identity provider, whose clients are the applications of the services with OAuth. */
export interface IdentityProviderState {
  /** What its tokens name as their issuer. Default: the address under which it is called, and `/realms/emulator`. */
  issuer?: string
  /** How long its tokens are valid, in seconds. Default 300. */
  access_token_lifespan?: number
}

/** A service with everything that belongs to it. */
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
  /** The service of a call with a provider key but no service id. Default: the provider's first service. */
  default_service?: boolean
  /** Leaves the provider without a default service. Default false. */
  remove_default?: boolean
  metrics?: MetricState[]
  plans?: PlanState[]
  applications?: ApplicationState[]
  /** What the portal tells gateways beside the above. Without it the portal has no configuration of the service. */
  proxy?: ProxyState
}

/** `proxy` of a proxy configuration. It may have all members of the portal; those that are missing get its defaults. */
export interface ProxyState {
  /** Default: the hosts of `endpoint` and `sandbox_endpoint`. */
  hosts?: string[]
  endpoint?: string | null
  sandbox_endpoint?: string | null
  /** Default: the address under which the portal was called. */
  backend?: { endpoint: string; host?: string }
  proxy_rules?: ProxyRuleState[]
  [member: string]: unknown
}

/** A mapping rule; it may have all members of the portal. */
export interface ProxyRuleState {
  /** Default GET. */
  http_method?: string
  /** A path, perhaps with `{parameters}` and a query. */
  pattern: string
  /** Name of a metric of the same service. */
  metric_system_name: string
  /** Default 1. */
  delta?: number
  /** Default false. */
  last?: boolean
  [member: string]: unknown
}

/** A metric, or a method if it has a parent. */
export interface MetricState {
  /** Decides the order of usage reports (numeric ids ascending). Default: the order of definition. */
  id?: string
  name: string
  /** Name of the metric to which usage of this one is added, too. Default none. */
  parent?: string | null
}

/** An application plan. */
export interface PlanState {
  id: string
  name?: string | null
  limits?: LimitState[]
}

/** A usage limit of a plan. */
export interface LimitState {
  /** Name of a metric of the same service. */
  metric: string
  period: PeriodName
  value: number
}

/** An application, with the credentials that fit the service's backend version. */
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
  /** Claims of its access tokens, which replace those of the identity provider. Default none. */
  token_claims?: Record<string, unknown>
}

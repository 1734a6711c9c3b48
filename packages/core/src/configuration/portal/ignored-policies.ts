/** Tells of the policies of a document that have no effect here, and why. */

/** A policy that was not read. */
export interface IgnoredPolicy {
  readonly name: string
  /** The id of its service. */
  readonly service: string
}

const NOTHING_IS_PROXIED = 'it is about proxying, and nothing is proxied here'
const OTHER_GUARD = 'it restricts callers, which this gateway does not do in this way; guard your routes by other means'
const OPTIONS = 'the option cache takes its place'

/** Why a policy of APIcast has no effect, by name. */
const REASONS: Readonly<Record<string, string>> = {
  caching: OPTIONS,
  '3scale_batcher': OPTIONS,
  custom_metrics: 'the option usageAfter takes its place',
  logging: 'the channels and the logger of the gateway take its place',
  cors: 'mount the middleware of your framework in front of the gateway',
  ...Object.fromEntries(
    [
      ...['camel', 'content_caching', 'grpc', 'headers', 'http_proxy', 'liquid_context_debug', 'nginx_filters'],
      ...['on_failed', 'request_unbuffered', 'retry', 'routing', 'soap', 'statuscode_overwrite', 'upstream'],
      ...['upstream_connection', 'upstream_mtls', 'url_rewriting', 'url_rewriting_captures', 'websocket'],
    ].map((name) => [name, NOTHING_IS_PROXIED]),
  ),
  ...Object.fromEntries(
    ['conditional', 'fapi', 'jwt_parser', 'oauth_mtls', 'rate_limit', 'tls_validation'].map((name) => [
      name,
      OTHER_GUARD,
    ]),
  ),
}

/** One warning for all services. */
export function ignoredPoliciesWarning(ignored: readonly IgnoredPolicy[]): string {
  const services = new Map<string, string[]>()
  for (const { name, service } of ignored) services.set(name, [...(services.get(name) ?? []), service])
  const list = [...services].map(([name, ids]) => {
    const reason = Object.hasOwn(REASONS, name) ? REASONS[name] : 'it is unknown to this gateway'
    return `${name} (service ${ids.join(', ')}): ${reason}`
  })
  return `policies of the proxy configuration that have no effect here: ${list.join('; ')}`
}

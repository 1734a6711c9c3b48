/** A call of the Service Management API about one application, as a request and as a line for a shell. */

const paths = {
  authrep: 'transactions/authrep.xml',
  authorize: 'transactions/authorize.xml',
  oauth_authrep: 'transactions/oauth_authrep.xml',
  oauth_authorize: 'transactions/oauth_authorize.xml',
  report: 'transactions.xml',
}

/** The endpoints that a service of this backend version is asked by. */
export function endpointsOf({ backend_version }) {
  const reads = backend_version === 'oauth' ? ['oauth_authrep', 'oauth_authorize'] : ['authrep', 'authorize']
  return [...reads, 'report']
}

/**
 * The call. Without an application it is about one that does not exist. `mask` stands for keys and tokens; undefined
 * shows them.
 */
export function sampleCall(origin, { service, endpoint, application, metric, amount }, mask) {
  const hide = (value) => (mask === undefined ? encode(value) : mask)
  const [token] = service.service_tokens ?? []
  const base = [
    ['service_id', encode(service.id)],
    token === undefined
      ? ['provider_key', hide(service.provider_key ?? 'provider-key')]
      : ['service_token', hide(token)],
  ]
  const isReport = endpoint === 'report'
  const caller = credentials(service, application, hide, isReport)
  const usage = metric === undefined || amount === '' ? [] : [[`usage[${encode(metric)}]`, encode(amount)]]
  const pairs = isReport
    ? [...base, ...[...caller, ...usage].map(([name, value]) => [inTransaction(name), value])]
    : [...base, ...caller, ...usage]
  const text = pairs.map((pair) => pair.join('=')).join('&')
  const url = `${origin}/${paths[endpoint]}`
  return isReport
    ? { method: 'POST', url, body: text, line: `curl -i -d '${text}' '${url}'` }
    : { method: 'GET', url: `${url}?${text}`, line: `curl -ig '${url}?${text}'` }
}

function credentials({ backend_version }, application, hide, isReport) {
  if (backend_version === '1')
    return [['user_key', hide(application ? ((application.user_keys ?? [])[0] ?? '') : 'no-such-key')]]
  if (application === undefined) return [['app_id', 'no-such-application']]
  const [key] = application.application_keys ?? []
  const withKey = key !== undefined && !isReport && backend_version !== 'oauth'
  return [['app_id', encode(application.id)], ...(withKey ? [['app_key', hide(key)]] : [])]
}

function inTransaction(name) {
  const [, first, rest] = /^([^[]+)(.*)$/s.exec(name)
  return `transactions[0][${first}]${rest}`
}

/** Safe in a URL, and between the single quotes of a shell. */
function encode(value) {
  return encodeURIComponent(toWellFormed(value)).replaceAll("'", '%27')
}

// A lone surrogate has no encoding.
function toWellFormed(value) {
  return String(value).replace(/\p{Surrogate}/gu, '\ufffd')
}

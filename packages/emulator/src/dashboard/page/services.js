/** Services and their applications: state, credentials, and limits as bars. */
import { createBar } from './bar.js'
import { byId, foreign, h, setText } from './dom.js'
import { secret } from './secrets.js'

const kinds = { 1: 'user keys', 2: 'application ids and keys', oauth: 'OAuth client ids' }

/** Shows the services of a model from now on. */
export function showServices(model) {
  let rows = []
  function draw() {
    rows = []
    const services = model.state.services.map((service) => serviceCard(service, rows))
    byId('services-list').replaceChildren(
      ...(services.length > 0 ? services : [h('p', { class: 'hint' }, 'The state has no services.')]),
    )
    update()
  }
  function update() {
    for (const row of rows) row.update(model.usage, model.now())
  }
  model.addEventListener('state', draw)
  model.addEventListener('usage', update)
  model.addEventListener('clock', update)
  setInterval(update, 1000)
}

function serviceCard(service, rows) {
  const { id, backend_version, state = 'active', service_tokens = [], applications = [], provider_key } = service
  return h(
    'article',
    { class: 'service' },
    h('h3', {}, 'Service ', foreign(id), ' ', badge(state)),
    h(
      'dl',
      { class: 'facts' },
      ...fact('authenticates by', kinds[backend_version ?? '2']),
      ...fact('service token', ...service_tokens.map((token) => secret(token))),
      ...fact('provider key', secret(provider_key ?? 'provider-key')),
      ...(service.referrer_filters_required ? fact('referrers', 'filters are required') : []),
    ),
    applications.length === 0 && h('p', { class: 'hint' }, 'No applications.'),
    h('div', { class: 'applications' }, ...applications.map((each) => applicationCard(service, each, rows))),
  )
}

function applicationCard(service, application, rows) {
  const { id, state = 'active', user_keys = [], application_keys = [], referrer_filters = [] } = application
  const plan = (service.plans ?? []).find((each) => each.id === application.plan)
  const limits = plan?.limits ?? []
  const bars = limits.map((limit) => createBar(service.id, id, limit))
  const others = h('p', { class: 'others' })
  rows.push(...bars, { update: (usage) => setText(others, unlimitedUsage(usage, service, id, limits)) })
  return h(
    'article',
    { class: 'application', 'data-state': state },
    h('h4', {}, foreign(id), ' ', badge(state)),
    h(
      'dl',
      { class: 'facts' },
      ...fact('plan', plan ? foreign(plan.name ?? plan.id) : 'none'),
      ...fact('user key', ...user_keys.map((key) => secret(key))),
      ...fact('application key', ...application_keys.map((key) => secret(key))),
      ...fact('referrers', ...referrer_filters.map(foreign)),
      ...(application.redirect_url ? fact('redirect URL', foreign(application.redirect_url)) : []),
    ),
    h('div', { class: 'bars' }, ...bars.map(({ element }) => element)),
    limits.length === 0 && h('p', { class: 'hint' }, 'Nothing is limited.'),
    others,
  )
}

function fact(name, ...values) {
  if (values.length === 0) return []
  return [h('dt', {}, name), ...values.map((value) => h('dd', {}, value))]
}

/** Says the state in words; the colour only repeats it. */
function badge(state) {
  return h('span', { class: 'badge', 'data-state': state }, state)
}

/** What was counted for metrics without a limit. */
function unlimitedUsage(usage, { id, metrics = [] }, application, limits) {
  const limited = new Set(limits.map(({ metric }) => metric))
  const counted = new Map(Object.entries(Object.entries(usage).find(([name]) => name === id)?.[1] ?? {}))
  const metricsOf = new Map(Object.entries(counted.get(application) ?? {}))
  const texts = metrics
    .filter(({ name }) => !limited.has(name) && metricsOf.get(name)?.eternity > 0)
    .map(({ name }) => `${name} ${metricsOf.get(name).day.toLocaleString('en')} today`)
  return texts.length === 0 ? '' : `Without a limit: ${texts.join(', ')}`
}

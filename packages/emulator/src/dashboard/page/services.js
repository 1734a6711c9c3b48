/** Services and their applications: state, credentials, and limits as bars. */
import { createBar } from './bar.js'
import { byId, foreign, h, setText } from './dom.js'
import { memberAt } from './member-at.js'
import { secret } from './secrets.js'

const kinds = { 1: 'user keys', 2: 'application ids and keys', oauth: 'OAuth client ids' }

/** So many applications are shown at once; the filter finds the others. */
const maxShown = 100
/** How long the filter waits for the next letter. */
const collectMs = 100

/** Shows the services of a model from now on. */
export function showServices(model) {
  const [list, text, hint] = ['list', 'text', 'hint'].map((name) => byId(`services-${name}`))
  let rows = []
  let timer = 0

  function draw() {
    timer = 0
    rows = []
    const { services } = model.state
    const wanted = text.value.trim().toLowerCase()
    let found = 0
    const cards = services.flatMap((service) => {
      const all = service.applications ?? []
      const applications = wanted === '' ? all : all.filter((each) => isWanted(service, each, wanted))
      const shown = applications.slice(0, Math.max(0, maxShown - found))
      found += applications.length
      return shown.length === 0 && all.length > 0 ? [] : [serviceCard(service, shown, rows)]
    })
    list.replaceChildren(...cards)
    setText(hint, hintFor(services, found, wanted))
    update()
  }
  function update() {
    for (const row of rows) row.update(model.usage, model.now())
  }
  model.addEventListener('state', draw)
  model.addEventListener('usage', update)
  model.addEventListener('clock', update)
  text.addEventListener('input', () => {
    if (timer === 0) timer = setTimeout(draw, collectMs)
  })
  setInterval(update, 1000)
}

function hintFor(services, found, wanted) {
  if (services.length === 0) return 'The state has no services.'
  if (found === 0 && wanted !== '') return 'No application to show.'
  return found > maxShown ? `The first ${maxShown} of ${found.toLocaleString('en')} applications.` : ''
}

/** By what a person would look for: ids, plan, state, or a key, which is known to who types it. */
function isWanted(service, application, wanted) {
  const { id, state = 'active', user_keys = [], application_keys = [] } = application
  const texts = [service.id, id, state, planOf(service, application)?.name, ...user_keys, ...application_keys]
  return texts.some((each) => each?.toLowerCase().includes(wanted))
}

function planOf({ plans = [] }, { plan }) {
  return plans.find(({ id }) => id === plan)
}

function serviceCard(service, applications, rows) {
  const { id, backend_version, state = 'active', service_tokens = [], provider_key } = service
  return h(
    'article',
    { class: 'service' },
    h('h3', {}, 'Service ', foreign(id), ' ', badge(state)),
    h(
      'dl',
      { class: 'facts' },
      h('div', {}, ...fact('authenticates by', kinds[backend_version ?? '2'])),
      h('div', {}, ...fact('service token', ...service_tokens.map((token) => secret(token)))),
      h('div', {}, ...fact('provider key', secret(provider_key ?? 'provider-key'))),
      service.referrer_filters_required && h('div', {}, ...fact('referrers', 'filters are required')),
    ),
    applications.length === 0 && h('p', { class: 'hint' }, 'No applications.'),
    h('div', { class: 'applications' }, ...applications.map((each) => applicationCard(service, each, rows))),
  )
}

function applicationCard(service, application, rows) {
  const { id, state = 'active', user_keys = [], application_keys = [], referrer_filters = [] } = application
  const plan = planOf(service, application)
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
  const texts = metrics
    .filter(({ name }) => !limited.has(name))
    .map(({ name }) => [name, memberAt(usage, [id, application, name])])
    .filter(([, counted]) => counted?.eternity > 0)
    .map(([name, counted]) => `${name} ${counted.day.toLocaleString('en')} today`)
  return texts.length === 0 ? '' : `Without a limit: ${texts.join(', ')}`
}

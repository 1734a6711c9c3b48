/** Usage of one metric over the last hour, minute by minute, as bars. */
import { byId, foreign, h, svg } from './dom.js'
import { memberAt } from './member-at.js'

const height = 150
const margin = { top: 12, right: 8, bottom: 22, left: 44 }
const minuteMs = 60_000
const number = new Intl.NumberFormat('en')

/** Draws the history of a model from now on, of the application and metric that the page chooses. */
export function showChart(model) {
  const [whose, which, box, table] = ['application', 'metric', 'box', 'table'].map((name) => byId(`chart-${name}`))
  let chosen = false
  let drawn = ''

  function draw(isForced) {
    const applications = applicationsOf(model.state)
    if (applications.length === 0) {
      box.replaceChildren(h('p', { class: 'hint' }, 'There are no applications.'))
      return
    }
    if (!chosen) chooseBusiest(applications, model.history, whose, which)
    const application = applications[Math.max(0, Number(whose.value))] ?? applications[0]
    const metric = application.metrics[Math.max(0, Number(which.value))] ?? ''
    const values = valuesOf(model.history, application, metric)
    const last = Math.floor(model.now() / minuteMs) * minuteMs
    const limit = application.limits.find((each) => each.metric === metric && each.period === 'minute')?.value
    // Without a change nothing is drawn, so that a selection of text stays.
    const key = JSON.stringify([application.label, metric, values, last, limit, box.clientWidth])
    if (!isForced && key === drawn) return
    drawn = key
    box.replaceChildren(chart(values, last, limit, box.clientWidth, `${metric} of ${application.label}`))
    table.replaceChildren(...rows(values, last))
  }
  function fillChoices() {
    chosen = false
    const applications = applicationsOf(model.state)
    whose.replaceChildren(...applications.map(({ label }, index) => h('option', { value: index }, foreign(label))))
    fillMetrics(applications[0])
    draw(true)
  }
  function fillMetrics(application) {
    which.replaceChildren(...(application?.metrics ?? []).map((name, index) => h('option', { value: index }, name)))
  }
  model.addEventListener('state', fillChoices)
  model.addEventListener('usage', () => draw(false))
  whose.addEventListener('change', () => {
    chosen = true
    fillMetrics(applicationsOf(model.state)[Number(whose.value)])
    draw(true)
  })
  which.addEventListener('change', () => {
    chosen = true
    draw(true)
  })
  new ResizeObserver(() => draw(false)).observe(box)

  function chooseBusiest(applications, history, whose, which) {
    let most = 0
    applications.forEach((application, index) => {
      application.metrics.forEach((metric, at) => {
        const minutes = valuesOf(history, application, metric).filter((value) => value > 0).length
        if (minutes <= most) return
        most = minutes
        whose.value = String(index)
        fillMetrics(application)
        which.value = String(at)
      })
    })
  }
}

function applicationsOf({ services }) {
  return services.flatMap((service) =>
    (service.applications ?? []).map((application) => ({
      label: services.length > 1 ? `${application.id} (service ${service.id})` : application.id,
      service: service.id,
      id: application.id,
      metrics: (service.metrics ?? []).map(({ name }) => name),
      limits: (service.plans ?? []).find(({ id }) => id === application.plan)?.limits ?? [],
    })),
  )
}

function valuesOf(history, { service, id }, metric) {
  return memberAt(history, [service, id, metric]) ?? Array(60).fill(0)
}

function chart(values, last, limit, width, what) {
  const top = niceMaximum(Math.max(1, ...values, limit !== undefined && limit < 1e6 ? limit : 0))
  const inner = { width: Math.max(60, width - margin.left - margin.right), height: height - margin.top - margin.bottom }
  const step = inner.width / values.length
  const yOf = (value) => margin.top + inner.height * (1 - Math.min(1, value / top))
  const sum = values.reduce((left, right) => left + right, 0)
  const most = Math.max(...values)
  const label = `${what}, last 60 minutes: ${number.format(sum)} in all, at most ${number.format(most)} a minute`
  const lines = [0, top / 2, top].map((value) =>
    svg(
      'g',
      { class: 'grid' },
      svg('line', { x1: margin.left, x2: width - margin.right, y1: yOf(value), y2: yOf(value) }),
      svg('text', { x: margin.left - 6, y: yOf(value) + 4, 'text-anchor': 'end' }, compact(value)),
    ),
  )
  const times = [0, 15, 30, 45, 59].map((index) =>
    svg(
      'text',
      {
        class: 'time',
        x: margin.left + (index + 0.5) * step,
        y: height - 6,
        'text-anchor': index === 59 ? 'end' : 'middle',
      },
      timeOf(last - (59 - index) * minuteMs),
    ),
  )
  const bars = values.map((value, index) =>
    svg(
      'rect',
      {
        class: limit !== undefined && value >= limit ? 'full' : index === 59 ? 'current' : '',
        x: margin.left + index * step + step * 0.12,
        width: step * 0.76,
        y: yOf(value),
        height: margin.top + inner.height - yOf(value),
        rx: Math.min(2, step / 4),
      },
      svg('title', {}, `${timeOf(last - (59 - index) * minuteMs)}: ${number.format(value)}`),
    ),
  )
  return svg(
    'svg',
    { role: 'img', 'aria-label': label, viewBox: `0 0 ${width} ${height}`, width, height },
    ...lines,
    ...bars,
    ...times,
    limit !== undefined &&
      limit <= top &&
      svg(
        'g',
        { class: 'limit' },
        svg('line', { x1: margin.left, x2: width - margin.right, y1: yOf(limit), y2: yOf(limit) }),
        svg('text', { x: margin.left + 4, y: yOf(limit) - 4 }, `limit ${number.format(limit)} a minute`),
      ),
  )
}

function rows(values, last) {
  const found = values
    .map((value, index) => [timeOf(last - (59 - index) * minuteMs), value])
    .filter(([, value]) => value)
  if (found.length === 0) return [h('tr', {}, h('td', { colspan: 2 }, 'Nothing was counted in the last 60 minutes.'))]
  return found
    .reverse()
    .map(([time, value]) => h('tr', {}, h('th', { scope: 'row' }, time), h('td', {}, number.format(value))))
}

/** The next number of the form 1, 2, 4, 5 or 10 times a power of ten, and even where halves would not be whole. */
function niceMaximum(value) {
  const power = 10 ** Math.floor(Math.log10(value))
  const nice = [1, 2, 4, 6, 8, 10].find((each) => each * power >= value) * power
  return Math.max(2, nice)
}

function compact(value) {
  return new Intl.NumberFormat('en', { notation: 'compact' }).format(value)
}

function timeOf(instant) {
  return new Date(instant).toISOString().slice(11, 16)
}

// @ts-check
/**
 * The answers of a backend that authorizes every call: the bytes of a 3scale answer with correct windows, application
 * ids and counters. They are made as cheaply as possible, so that the stub is not what is measured. Checks nothing.
 */
import { limits, METHODS, SERVICE_ID } from './provider.js'

export const HEADERS = {
  'content-type': 'application/vnd.3scale-v2.0+xml',
  'access-control-allow-origin': '*',
  'access-control-expose-headers': 'ETag, Link, 3scale-rejection-reason',
  'x-content-type-options': 'nosniff',
}

/**
 * @typedef {object} Answers
 * @property {(target: string, options: string) => string} verdict document for an authorize or authrep; counts an authrep
 * @property {(body: string) => void} report counts the transactions of a report
 * @property {Record<'authorize' | 'authrep' | 'report', number>} calls
 */

/**
 * @param {object} settings
 * @param {number} [settings.limitCount] how many limits the plan has
 * @param {number | undefined} [settings.limitMax] value of each limit
 * @param {string[]} [settings.appKeys] keys listed for every application
 * @param {() => number} [settings.now]
 * @param {boolean} [settings.counting] if false, all counters stay 0 and nothing is remembered
 * @returns {Answers}
 */
export function createAnswers({ limitCount = 3, limitMax, appKeys = [], now = Date.now, counting = true } = {}) {
  const plan = limits(limitCount, limitMax)
  const keys = appKeys.map((key) => `<key id="${key}"/>`).join('')
  /** @type {Map<string, { total: number, minute: number, inMinute: number }>} */
  const counters = new Map()
  let minute = Number.NaN
  /** The usage reports, complete up to the current value. */
  let reports = plan.map(() => '')

  const add = (/** @type {string} */ application, /** @type {string} */ metric, /** @type {number} */ amount) => {
    const id = `${application} ${metric}`
    let counter = counters.get(id)
    if (counter === undefined) {
      counter = { total: 0, minute, inMinute: 0 }
      counters.set(id, counter)
    }
    counter.total += amount
    counter.inMinute = (counter.minute === minute ? counter.inMinute : 0) + amount
    counter.minute = minute
    if (metric !== 'hits') add(application, 'hits', amount)
  }
  const current = (/** @type {string} */ application, /** @type {{ metric: string, period: string }} */ limit) => {
    const counter = counters.get(`${application} ${limit.metric}`)
    if (counter === undefined) return 0
    if (limit.period !== 'minute') return counter.total
    return counter.minute === minute ? counter.inMinute : 0
  }
  const turnMinute = () => {
    const instant = Math.floor(now() / 60_000)
    if (instant === minute) return
    minute = instant
    reports = plan.map((limit) => reportUpToValue(limit, minute * 60_000))
  }

  /** @type {Answers} */
  const answers = {
    calls: { authorize: 0, authrep: 0, report: 0 },
    verdict(target, options) {
      turnMinute()
      const application = applicationOf(target)
      const authrep = target.includes('/authrep.xml')
      answers.calls[authrep ? 'authrep' : 'authorize'] += 1
      if (authrep && counting) for (const [metric, amount] of usageOf(target)) add(application, metric, amount)
      let document = '<?xml version="1.0" encoding="UTF-8"?><status><authorized>true</authorized><plan>Basic</plan>'
      if (plan.length > 0) {
        document += '<usage_reports>'
        for (const [index, limit] of plan.entries())
          document += `${reports[index]}${current(application, limit)}</current_value></usage_report>`
        document += '</usage_reports>'
      }
      if (options.includes('list_app_keys'))
        document += `<app_keys app="${application}" svc="${SERVICE_ID}">${keys}</app_keys>`
      if (options.includes('hierarchy')) document += hierarchyOf(plan)
      return `${document}</status>`
    },
    report(body) {
      turnMinute()
      answers.calls.report += 1
      if (counting) for (const { application, metric, amount } of transactionsOf(body)) add(application, metric, amount)
    },
  }
  return answers
}

/** @param {string} target */
function applicationOf(target) {
  const key = /[?&]user_key=([0-9a-f]{8})/.exec(target)
  return key?.[1] ?? /[?&]app_id=([^&]*)/.exec(target)?.[1] ?? ''
}

/** @param {string} target @returns {Iterable<[metric: string, amount: number]>} */
function* usageOf(target) {
  for (const [, metric, amount] of target.matchAll(/[?&]usage(?:%5B|\[)(\w+)(?:%5D|\])=(\d+)/g))
    yield [metric ?? '', Number(amount)]
}

/** @param {string} body */
function* transactionsOf(body) {
  /** @type {Map<string, string>} */
  const applications = new Map()
  for (const field of body.split('&')) {
    const [name = '', value = ''] = decodeURIComponent(field).split('=')
    const [, index = '', kind = '', metric] = /^transactions\[(\d+)\]\[(\w+)\](?:\[(\w+)\])?$/.exec(name) ?? []
    if (kind === 'app_id') applications.set(index, value)
    if (kind === 'user_key') applications.set(index, value.slice(0, 8))
    if (metric !== undefined && kind === 'usage')
      yield { application: applications.get(index) ?? '', metric, amount: Number(value) }
  }
}

/** @param {{ metric: string }[]} plan */
function hierarchyOf(plan) {
  // One entry for each limit, as 3scale writes it.
  const children = (/** @type {string} */ metric) => (metric === 'hits' ? METHODS.join(' ') : '')
  return `<hierarchy>${plan.map(({ metric }) => `<metric name="${metric}" children="${children(metric)}"/>`).join('')}</hierarchy>`
}

/**
 * @param {{ metric: string, period: 'minute' | 'hour' | 'day' | 'month' | 'year', max: number }} limit
 * @param {number} instant
 */
function reportUpToValue({ metric, period, max }, instant) {
  const fields = new Date(instant).toISOString().split(/[-T:]/).slice(0, 5).map(Number)
  const depth = ['year', 'month', 'day', 'hour', 'minute'].indexOf(period) + 1
  const [year = 1970, month = 1, day = 1, hour = 0, minute = 0] = fields.slice(0, depth)
  const next = [year, month, day, hour, minute].map((value, index) => (index === depth - 1 ? value + 1 : value))
  const start = stamp(Date.UTC(year, month - 1, day, hour, minute))
  const end = stamp(Date.UTC(next[0] ?? 0, (next[1] ?? 1) - 1, next[2], next[3], next[4]))
  return (
    `<usage_report metric="${metric}" period="${period}"><period_start>${start}</period_start>` +
    `<period_end>${end}</period_end><max_value>${max}</max_value><current_value>`
  )
}

const stamp = (/** @type {number} */ instant) =>
  `${new Date(instant).toISOString().slice(0, 19).replace('T', ' ')} +0000`

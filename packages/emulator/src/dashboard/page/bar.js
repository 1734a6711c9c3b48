/** One limit as a bar that follows the counter. */
import { foreign, h, setText } from './dom.js'
import { memberAt } from './member-at.js'
import { duration, windowEnd } from './windows.js'

const number = new Intl.NumberFormat('en')

/** A bar for a limit of an application: its element, and `update(usage, now)`. */
export function createBar(service, application, { metric, period, value: max }) {
  const count = h('span', { class: 'count' })
  const note = h('span', { class: 'note' })
  const fill = h('span', { class: 'fill' })
  const per = period === 'eternity' ? 'in all' : `a ${period}`.replace('a hour', 'an hour')
  const meter = h(
    'span',
    { class: 'meter', role: 'meter', 'aria-label': `${metric} ${per}`, 'aria-valuemin': 0, 'aria-valuemax': max },
    fill,
  )
  const element = h(
    'div',
    { class: 'bar' },
    h('span', { class: 'name' }, foreign(metric), ` ${per}`),
    count,
    meter,
    note,
  )
  return {
    element,
    update(usage, now) {
      const used = memberAt(usage, [service, application, metric, period]) ?? 0
      const share = max === 0 ? 1 : Math.min(1, used / max)
      const level = used >= max ? 'full' : share >= 0.8 ? 'high' : 'free'
      const end = windowEnd(period, now)
      element.dataset.level = level
      fill.style.inlineSize = `${share * 100}%`
      setText(count, `${number.format(used)} of ${number.format(max)}`)
      meter.setAttribute('aria-valuenow', Math.min(used, max))
      meter.setAttribute('aria-valuetext', `${used} of ${max}${level === 'full' ? ', full' : ''}`)
      const words = [
        level === 'full' ? 'full' : '',
        used > 0 && end < Number.POSITIVE_INFINITY ? `resets in ${duration(end - now)}` : '',
      ]
      setText(note, words.filter(Boolean).join(' · '))
    },
  }
}

/** One call: a line, and behind it all that is known. */
import { foreign, h } from './dom.js'

const verdicts = {
  allowed: { name: 'allowed', sign: '✓', label: 'allowed' },
  denied: { name: 'denied', sign: '✕', label: 'denied' },
  refused: { name: 'refused', sign: '!', label: 'refused' },
  accepted: { name: 'accepted', sign: '→', label: 'accepted' },
  dropped: { name: 'dropped', sign: '▽', label: 'dropped' },
}

/** What became of a call: a name for styles and filters, a sign, and a word. */
export function verdictOf({ dropped, authorized, status }) {
  if (dropped) return verdicts.dropped
  if (authorized !== undefined) return authorized ? verdicts.allowed : verdicts.denied
  return status < 300 ? verdicts.accepted : verdicts.refused
}

/** An entry of the list of calls. */
export function callEntry(record) {
  const { name, sign, label } = verdictOf(record)
  const { id, at, endpoint, status, service, application, code, faults = [], dropped, usage, transactions } = record
  const why = dropped?.code ?? code
  return h(
    'li',
    { class: 'call', 'data-verdict': name, 'data-id': id },
    h(
      'details',
      {},
      h(
        'summary',
        {},
        h('time', { datetime: at }, at.slice(11, 19)),
        ' ',
        h('span', { class: 'verdict' }, h('span', { 'aria-hidden': 'true' }, `${sign} `), label),
        ' ',
        h(
          'span',
          { class: 'what' },
          h('strong', {}, endpoint),
          application !== undefined && ' ',
          application !== undefined && foreign(application),
          usage !== undefined && ' ',
          usage !== undefined && foreign(textOf(usage)),
          transactions !== undefined && ` ${transactions} ${transactions === 1 ? 'transaction' : 'transactions'}`,
          ' ',
          why !== undefined && h('span', { class: 'why' }, why),
          ' ',
          faults.length > 0 && h('span', { class: 'why' }, `fault: ${faults.join(', ')}`),
        ),
      ),
      h(
        'dl',
        { class: 'facts' },
        ...fact('call', `${id}, ${at}`),
        ...fact('status', faults.length > 0 ? `${status}, before the fault: ${faults.join(', ')}` : status),
        ...(service === undefined ? [] : fact('service', foreign(service))),
        ...(record.reason === undefined ? [] : fact('reason', foreign(record.reason))),
        ...(dropped ? fact('not counted', foreign(`${dropped.message} (${dropped.code})`)) : []),
      ),
      record.parameters && h('p', { class: 'note' }, 'Decoded parameters'),
      record.parameters && h('pre', { dir: 'ltr', tabindex: 0 }, jsonOf(record.parameters)),
    ),
  )
}

/** Characters that are not seen, such as those that turn the direction of a line, are written as escapes. */
function jsonOf(value) {
  const escaped = (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
  return JSON.stringify(value, null, 2).replace(/[\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g, escaped)
}

function textOf(usage) {
  const text = Object.entries(usage)
    .map(([metric, value]) => `${metric} ${value}`)
    .join(', ')
  return text.length > 120 ? `${text.slice(0, 120)}…` : text
}

function fact(name, value) {
  return [h('dt', {}, name), h('dd', {}, value)]
}

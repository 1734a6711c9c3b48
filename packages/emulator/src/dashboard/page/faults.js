/** Faults: what goes wrong on purpose, switched on and off. */
import { put } from './api.js'
import { byId, foreign, h, setText } from './dom.js'
import { describeProblems } from './problems.js'

/** Which members of a fault stand in the form for its kind. */
const members = { latency: ['ms'], status: ['status'], truncate: ['bytes'] }

/** Shows and sets the faults of a model. */
export function showFaults(model) {
  const [list, form, kind, off, problem] = ['list', 'form', 'kind', 'off', 'problem'].map((name) =>
    byId(`faults-${name}`),
  )
  async function set(faults) {
    const refused = await put('faults', faults)
    setText(problem, refused ? describeProblems(refused) : '')
  }
  function draw() {
    const { faults } = model
    const focused = [...list.children].findIndex((item) => item.contains(document.activeElement))
    list.replaceChildren(
      ...faults.map((fault, index) =>
        h(
          'li',
          {},
          h('span', {}, h('strong', {}, fault.kind), ' ', foreign(detailsOf(fault))),
          h(
            'button',
            {
              type: 'button',
              'aria-label': `Switch off: ${fault.kind} ${detailsOf(fault)}`,
              click: () => set(faults.filter((_, at) => at !== index)),
            },
            'Off',
          ),
        ),
      ),
    )
    list.children[focused]?.querySelector('button').focus()
    off.hidden = faults.length < 2
    setText(byId('faults-hint'), faults.length === 0 ? 'None: every call is answered as the real backend would.' : '')
  }
  function showMembers() {
    for (const label of form.querySelectorAll('[data-member]')) {
      label.hidden = !(members[kind.value] ?? []).includes(label.dataset.member)
    }
  }
  kind.addEventListener('change', showMembers)
  form.addEventListener('submit', (event) => {
    event.preventDefault()
    set([...model.faults, faultIn(form)])
  })
  off.addEventListener('click', () => set([]))
  model.addEventListener('faults', draw)
  showMembers()
}

function detailsOf({ kind, endpoint, status, ms, bytes, count, rate, when }) {
  const parts = [
    kind === 'status' && String(status),
    kind === 'latency' && `${ms} ms`,
    bytes !== undefined && `after ${bytes} bytes`,
    endpoint === undefined ? 'on all calls' : `on ${endpoint}`,
    rate !== undefined && `${Math.round(rate * 100)} % of them`,
    count !== undefined && (count === 1 ? 'once more' : `${count} more times`),
    when === 'after' && 'after counting',
  ]
  return parts.filter((part) => part !== false).join(', ')
}

/** What the form says, without what is left empty or does not belong to the kind. */
function faultIn(form) {
  const fault = {}
  for (const { name, value, type, parentElement } of form.elements) {
    if (name === '' || value === '' || parentElement.hidden) continue
    fault[name] = type === 'number' ? Number(value) : value
  }
  if (fault.rate !== undefined) fault.rate /= 100
  return fault
}

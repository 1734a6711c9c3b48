/** The stream of calls: newest first, filtered, paused on demand. */
import { callEntry, verdictOf } from './call-entry.js'
import { byId, h, setText } from './dom.js'

const maxShown = 200
/** How long calls are collected before they are drawn. */
const collectMs = 100
/** How long calls are collected before a screen reader is told. */
const announceMs = 1000

/** Shows the calls of a model from now on. */
export function showCalls(model) {
  const [list, text, choice, pause, clear, hint] = ['list', 'text', 'verdict', 'pause', 'clear', 'hint'].map((name) =>
    byId(`calls-${name}`),
  )
  /** Calls up to this one are not shown: the page was cleared. */
  let clearedUpTo = 0
  /** While paused, no later ones are shown. */
  let pausedAt = Number.POSITIVE_INFINITY
  let timer = 0
  const entries = new Map()

  const isShown = (record) => {
    const { id } = record
    if (id <= clearedUpTo || id > pausedAt) return false
    if (choice.value !== '' && verdictOf(record).name !== choice.value) return false
    const wanted = text.value.trim().toLowerCase()
    return wanted === '' || JSON.stringify(record).toLowerCase().includes(wanted)
  }

  function draw() {
    timer = 0
    const last = model.calls.at(-1)?.id ?? 0
    // Another emulator counts from 1 again.
    if (model.connected && last < clearedUpTo) clearedUpTo = 0
    if (model.connected && Number.isFinite(pausedAt)) pausedAt = Math.min(pausedAt, last)
    const found = model.calls.filter(isShown)
    const shown = found.slice(-maxShown).reverse()
    for (const [record] of entries) if (!shown.includes(record)) entries.delete(record)
    const children = shown.map((record) => {
      const known = entries.get(record) ?? callEntry(record)
      entries.set(record, known)
      return known
    })
    place(list, children)
    const waiting = Number.isFinite(pausedAt) ? Math.max(0, last - pausedAt) : 0
    setText(pause, Number.isFinite(pausedAt) ? `Continue${waiting > 0 ? ` (${waiting} new)` : ''}` : 'Pause')
    setText(hint, hintFor(found.length, model.calls.length))
  }
  const drawSoon = () => {
    if (timer === 0) timer = setTimeout(draw, collectMs)
  }

  model.addEventListener('calls', drawSoon)
  model.addEventListener('connection', drawSoon)
  text.addEventListener('input', drawSoon)
  choice.addEventListener('change', draw)
  pause.addEventListener('click', () => {
    pausedAt = Number.isFinite(pausedAt) ? Number.POSITIVE_INFINITY : (model.calls.at(-1)?.id ?? 0)
    pause.setAttribute('aria-pressed', String(Number.isFinite(pausedAt)))
    draw()
  })
  clear.addEventListener('click', () => {
    clearedUpTo = model.calls.at(-1)?.id ?? 0
    draw()
  })
  announce(model)
  draw()
}

function hintFor(found, all) {
  if (all === 0) return 'No calls yet. Point an application at this address, or try a call.'
  if (found === 0) return 'No call to show.'
  return found > maxShown ? `The newest ${maxShown} of ${found}.` : ''
}

/** Makes `children` the children of a list, without moving those that stand right: they may have the focus. */
function place(list, children) {
  const wanted = new Set(children)
  for (const child of [...list.children]) if (!wanted.has(child)) child.remove()
  children.forEach((child, index) => {
    if (list.children[index] !== child) list.insertBefore(child, list.children[index] ?? null)
  })
}

/** Tells screen readers how many calls came, not each of them. */
function announce(model) {
  const element = byId('calls-announcement')
  let waiting = []
  let timer = 0
  model.addEventListener('calls', ({ detail }) => {
    // The first records are those of the past.
    if (!model.connected) return
    waiting.push(...detail)
    if (timer !== 0) return
    timer = setTimeout(() => {
      const counts = new Map()
      for (const record of new Map(waiting.map((each) => [each.id, each])).values()) {
        const { label } = verdictOf(record)
        counts.set(label, (counts.get(label) ?? 0) + 1)
      }
      element.replaceChildren(
        h('p', {}, `New calls: ${[...counts].map((each) => each.reverse().join(' ')).join(', ')}`),
      )
      waiting = []
      timer = 0
    }, announceMs)
  })
}

/** The state as JSON, edited on demand; what is wrong is shown at its place. */
import { putText } from './api.js'
import { byId, foreign, h, setText } from './dom.js'
import { JsonError, lineOf, placeOf, placesOf } from './json-places.js'

/** Lets the page edit the state of a model. The text holds keys, so it is written only when the editor is opened. */
export function connectStateEditor(model) {
  const [box, text, apply, discard, problems, hint] = ['box', 'text', 'apply', 'discard', 'problems', 'hint'].map(
    (name) => byId(`state-${name}`),
  )
  let written = ''
  const isChanged = () => text.value !== written

  function write() {
    written = box.open ? JSON.stringify(model.state, null, 2) : ''
    text.value = written
    show([])
    setText(hint, '')
  }
  function show(found) {
    text.setAttribute('aria-invalid', String(found.length > 0))
    problems.replaceChildren(...found.map((problem) => item(text, problem)))
  }
  box.addEventListener('toggle', () => {
    if (!isChanged()) write()
  })
  model.addEventListener('state', () => {
    if (!isChanged()) write()
    else setText(hint, 'The state was changed elsewhere meanwhile. “Discard” shows it.')
  })
  discard.addEventListener('click', write)
  apply.addEventListener('click', async () => {
    const found = await problemsOf(text.value)
    show(found)
    if (found.length === 0) {
      written = text.value
      setText(hint, 'Applied. All counters were cleared.')
    } else {
      setText(hint, `Nothing was changed: ${found.length === 1 ? 'one problem' : `${found.length} problems`}.`)
      select(text, found[0])
    }
  })
}

/** Puts the text as the state. Gives the problems with their places in the text. */
async function problemsOf(text) {
  let places
  try {
    places = placesOf(text)
  } catch (error) {
    if (!(error instanceof JsonError)) throw error
    return [{ path: '', message: 'The text is no JSON from here on.', start: error.position, end: error.position + 1 }]
  }
  const refused = await putText('state', text)
  if (!refused) return []
  const list = refused.problems.length > 0 ? refused.problems : [{ path: '', message: refused.error }]
  return list.map(({ path, message }) => {
    const [start, end] = placeOf(places, path)
    return { path, message, start, end }
  })
}

function item(text, problem) {
  return h(
    'li',
    {},
    h('button', { type: 'button', click: () => select(text, problem) }, `Line ${lineOf(text.value, problem.start)}`),
    ' ',
    problem.path !== '' && h('code', {}, foreign(problem.path)),
    ' ',
    foreign(problem.message),
  )
}

function select(text, { start, end }) {
  text.focus()
  text.setSelectionRange(start, end)
  const lineHeight = Number.parseFloat(getComputedStyle(text).lineHeight)
  text.scrollTop = Math.max(0, (lineOf(text.value, start) - 4) * lineHeight)
}

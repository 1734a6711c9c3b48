/** Says whether the page hears the emulator. */
import { byId, setText } from './dom.js'

/** Follows the connection of a model. */
export function showConnection(model) {
  const element = byId('connection')
  model.addEventListener('connection', () => {
    element.dataset.state = model.connected ? 'live' : 'lost'
    setText(element, model.connected ? 'Live' : 'Not connected, trying again. What you see may be old.')
  })
}

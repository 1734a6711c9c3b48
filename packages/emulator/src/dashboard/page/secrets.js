/** Keys and tokens, masked until they are asked for. */
import { byId, h } from './dom.js'

const mask = '••••••'
/** The values of elements of the class `secret`. */
const values = new WeakMap()

/** Whether keys are shown. */
export function keysVisible() {
  return byId('keys').getAttribute('aria-pressed') === 'true'
}

/** A key as an element, masked while keys are. */
export function secret(value) {
  const element = h('code', { class: 'secret' })
  values.set(element, value)
  draw(element)
  return element
}

/** Lets the button of the page show and mask all keys. Dispatches `keys` on the document. */
export function connectKeysButton() {
  const button = byId('keys')
  button.addEventListener('click', () => {
    button.setAttribute('aria-pressed', String(!keysVisible()))
    for (const element of document.querySelectorAll('.secret')) draw(element)
    document.dispatchEvent(new Event('keys'))
  })
}

function draw(element) {
  element.textContent = keysVisible() ? values.get(element) : mask
}

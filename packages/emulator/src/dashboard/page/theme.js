/** Light, dark, or as the system says; remembered by the browser. */
import { byId } from './dom.js'

const place = 'threescale-emulator-theme'

/** Lets the choice of the page set the theme. */
export function connectTheme() {
  const choice = byId('theme')
  const apply = () => {
    document.documentElement.dataset.theme = choice.value
  }
  choice.value = localStorage.getItem(place) ?? ''
  apply()
  choice.addEventListener('change', () => {
    localStorage.setItem(place, choice.value)
    apply()
  })
}

/** The emulator's clock: shown, stopped, moved to a second before the end of a window, and let run. */
import { put } from './api.js'
import { byId, h, setText } from './dom.js'
import { describeProblems } from './problems.js'
import { periods, windowEnd } from './windows.js'

/** Shows and sets the clock of a model. */
export function showClock(model) {
  const [time, mode, stop, second, step, period, problem] = [
    'time',
    'mode',
    'stop',
    'second',
    'step',
    'period',
    'problem',
  ].map((name) => byId(`clock-${name}`))
  period.replaceChildren(...periods.map((name) => h('option', {}, name)))

  function draw() {
    const now = new Date(model.now()).toISOString()
    setText(time, `${now.slice(0, 10)} ${now.slice(11, 19)}`)
    time.dateTime = now
    setText(mode, model.stopped ? 'UTC, stopped' : 'UTC, running')
    setText(stop, model.stopped ? 'Let it run' : 'Stop')
    byId('clock').dataset.stopped = String(model.stopped)
    second.disabled = !model.stopped
  }
  async function set(now) {
    const refused = await put('clock', { now: now === null ? null : new Date(now).toISOString() })
    setText(problem, refused ? describeProblems(refused) : '')
  }
  stop.addEventListener('click', () => set(model.stopped ? null : model.now()))
  second.addEventListener('click', () => set(model.now() + 1000))
  step.addEventListener('click', () => {
    // A second before the end already: on to the end of the next window.
    const now = model.now()
    const end = windowEnd(period.value, now)
    set((end - now <= 1000 ? windowEnd(period.value, end) : end) - 1000)
  })
  model.addEventListener('clock', draw)
  setInterval(draw, 250)
}

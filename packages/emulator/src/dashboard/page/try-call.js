/** A form that makes a call, shows it as a line for curl, and shows the raw answer. */
import { byId, h, setText } from './dom.js'
import { endpointsOf, sampleCall } from './sample-call.js'
import { keysVisible } from './secrets.js'

/** A fault may leave a call without an answer. */
const timeoutMs = 10_000

/** Lets the form of the page call the emulator about the services of a model. */
export function connectTryCall(model) {
  const [form, service, endpoint, application, metric, amount, line, copy, answer] = [
    'form',
    'service',
    'endpoint',
    'application',
    'metric',
    'amount',
    'line',
    'copy',
    'answer',
  ].map((name) => byId(`try-${name}`))
  const chosenService = () => model.state.services[Number(service.value)]
  const chosen = () => ({
    service: chosenService(),
    endpoint: endpoint.value,
    application: chosenService().applications?.[Number(application.value)],
    metric: chosenService().metrics?.[Number(metric.value)]?.name,
    amount: amount.value,
  })
  const call = (mask) => sampleCall(location.origin, chosen(), mask)

  function drawLine() {
    setText(line, chosenService() ? call(keysVisible() ? undefined : '***').line : 'There is no service to call.')
  }
  function fillService() {
    const { applications = [], metrics = [] } = chosenService() ?? {}
    choices(endpoint, chosenService() ? endpointsOf(chosenService()).map((name) => [name, name]) : [])
    choices(application, [...applications.map(({ id }, at) => [at, id]), [-1, 'one that does not exist']])
    choices(metric, [...metrics.map(({ name }, at) => [at, name]), [-1, 'none']])
    drawLine()
  }
  function fill() {
    choices(
      service,
      model.state.services.map(({ id }, at) => [at, id]),
    )
    fillService()
  }
  model.addEventListener('state', fill)
  service.addEventListener('change', fillService)
  form.addEventListener('input', drawLine)
  document.addEventListener('keys', drawLine)
  // Browsers have no clipboard for pages that came over plain HTTP from another machine.
  copy.hidden = navigator.clipboard === undefined
  copy.addEventListener('click', async () => {
    await navigator.clipboard.writeText(call().line)
    setText(copy, 'Copied')
    setTimeout(setText, 1500, copy, 'Copy')
  })
  form.addEventListener('submit', async (event) => {
    event.preventDefault()
    if (!chosenService()) return
    answer.textContent = 'Waiting…'
    answer.textContent = await send(call())
  })
}

/** Replaces the options of a choice, and keeps what is chosen if it is still there. */
function choices(select, options) {
  const { value } = select
  select.replaceChildren(...options.map(([name, label]) => h('option', { value: name }, label)))
  if (options.some(([name]) => String(name) === value)) select.value = value
}

async function send({ method, url, body }) {
  const headers = body === undefined ? {} : { 'content-type': 'application/x-www-form-urlencoded' }
  try {
    const signal = AbortSignal.timeout(timeoutMs)
    const answer = await fetch(url, { method, body, headers, signal, cache: 'no-store', credentials: 'omit' })
    const lines = [...answer.headers].map((header) => header.join(': '))
    return [`HTTP/1.1 ${answer.status} ${answer.statusText}`, ...lines, '', await answer.text()].join('\n')
  } catch (error) {
    return error.name === 'TimeoutError' ? 'No answer within 10 seconds.' : `No readable answer: ${error.message}`
  }
}

/** Replays every recording against the emulator, over real connections and in process. */
import { createEmulator, type Emulator } from '@threescale/emulator'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { knownExceptions } from './emulator-exceptions.ts'
import { type RawAnswer, sendRaw } from './raw-request.ts'
import { bodyOf, type RecordedAnswer, readRecordings, type Scenario, type Step } from './recordings.ts'

const scenarios = readRecordings()
const replayed = { scenarios: 0, steps: 0 }

afterAll(() => {
  console.log(`replayed ${replayed.scenarios} scenarios, ${replayed.steps} steps`)
})

/** Header fields that belong to the connection, which the recordings leave out. */
const connectionHeaders = ['date', 'server', 'connection', 'keep-alive', 'transfer-encoding']

/** The answer without what is a matter of the connection or, by the scenario's flags, of chance. */
function comparable({ flags = [] }: Scenario, step: Step, { status, headers, body }: RecordedAnswer): RecordedAnswer {
  const kept = Object.entries(headers).filter(
    ([name]) => !connectionHeaders.includes(name) && (name !== 'content-length' || step.request.method === 'HEAD'),
  )
  let text = body
  if (flags.includes('unordered-app-keys')) {
    text = text.replace(/(?:<key id="[^"]*"\/>)+/g, (keys) =>
      keys
        .split(/(?<=>)/)
        .sort()
        .join(''),
    )
  }
  if (flags.includes('oauth-key-order')) text = text.replace(/<key>[^<]*<\/key>/, '<key>any</key>')
  return { status, headers: Object.fromEntries(kept), body: text }
}

async function replay(scenario: Scenario, emulator: Emulator, send: (step: Step) => Promise<RawAnswer>) {
  for (const [index, step] of scenario.steps.entries()) {
    emulator.setClock(step.time)
    const got = await send(step)
    if (knownExceptions[`${scenario.name}#${index}`]) continue
    const where = `step ${index}${step.note ? ` (${step.note})` : ''}: ${step.request.method} ${step.request.path}`
    expect(comparable(scenario, step, got), where).toEqual(
      comparable(scenario, step, step.app_response ?? step.response),
    )
  }
}

describe('over connections', () => {
  let emulator: Emulator
  let port: number

  beforeAll(async () => {
    emulator = createEmulator()
    port = Number(new URL(await emulator.listen()).port)
  })
  afterAll(() => emulator.close())

  test.each(scenarios.map((scenario) => [scenario.name, scenario] as const))('%s', async (_name, scenario) => {
    emulator.setState(scenario.state)
    await replay(scenario, emulator, (step) => {
      const { method, path, headers } = step.request
      replayed.steps++
      return sendRaw(port, method, path, headers, bodyOf(step))
    })
    replayed.scenarios++
  })
})

describe('in process', () => {
  test.each(scenarios.map((scenario) => [scenario.name, scenario] as const))('%s', async (_name, scenario) => {
    const emulator = createEmulator({ state: scenario.state })
    await replay(scenario, emulator, async (step) => {
      const headers = Object.entries(step.request.headers).map(([name, value]) => [name.toLowerCase(), value])
      const target = Buffer.from(step.request.path, 'utf8').toString('latin1')
      const request = { method: step.request.method, target, headers: Object.fromEntries(headers), body: bodyOf(step) }
      const answer = emulator.handle(request)
      return { ...answer, body: Buffer.from(answer.body, 'utf8').toString('utf8') }
    })
  })
})

test('every known exception names a recorded step', () => {
  const steps = new Set(scenarios.flatMap(({ name, steps }) => steps.map((_step, index) => `${name}#${index}`)))
  for (const exception of Object.keys(knownExceptions)) expect(steps).toContain(exception)
})

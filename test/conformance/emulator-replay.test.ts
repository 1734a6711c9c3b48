/** Replays all recordings against the emulator, over real connections and in process. */
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

/** Header fields of the connection, which the recordings leave out. */
const connectionHeaders = ['date', 'server', 'connection', 'keep-alive', 'transfer-encoding']

/** The answer without parts that depend on the connection or, by the scenario's flags, on chance. */
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
      const answer = emulator.handle(requestOf(step))
      return { ...answer, body: Buffer.from(answer.body, 'utf8').toString('utf8') }
    })
  })

  test.each(scenarios.map((scenario) => [scenario.name, scenario] as const))(
    '%s: calls() says what the error log of the backend says about batches',
    (_name, scenario) => {
      const emulator = createEmulator({ state: scenario.state })
      for (const [index, step] of scenario.steps.entries()) {
        const { response, error_log: logged = [], failed_jobs: failed = [] } = step
        if (response.status !== 200 && response.status !== 202) continue
        emulator.setClock(step.time)
        const before = emulator.calls().at(-1)?.id
        emulator.handle(requestOf(step))
        const call = emulator.calls().at(-1)
        const dropped = call?.id === before ? undefined : call?.dropped
        const where = `step ${index}${step.note ? ` (${step.note})` : ''}`
        if (failed.length > 0) expect(dropped?.code, where).toBe('job_failed')
        else expect(dropped && unmasked(dropped), where).toEqual(logged[0] && unmasked(logged[0]))
      }
    },
  )
})

/** Whether a message is shown in full: calls() masks messages about keys. */
function unmasked({ code, message }: { code: string; message: string }) {
  return { code, message: code === 'user_key_invalid' ? message.replace(/".*"/s, '"***"') : message }
}

function requestOf(step: Step) {
  const { method, path, headers } = step.request
  const lowerCase = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value])
  const target = Buffer.from(path, 'utf8').toString('latin1')
  return { method, target, headers: { host: 'localhost', ...Object.fromEntries(lowerCase) }, body: bodyOf(step) }
}

test('every known exception names a recorded step', () => {
  const steps = new Set(scenarios.flatMap(({ name, steps }) => steps.map((_step, index) => `${name}#${index}`)))
  for (const exception of Object.keys(knownExceptions)) expect(steps).toContain(exception)
})

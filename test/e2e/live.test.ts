/** `npm run live`, with the emulator as the account. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { createEmulator, type EmulatorOptions, type EmulatorState } from '@threescale/emulator'
import { expect, it, onTestFinished } from 'vitest'

const SCRIPT = fileURLToPath(new URL('../../scripts/live.mjs', import.meta.url))
const SECRETS = ['tok-s3cr3t', 'key-s3cr3t', 'app-s3cr3t', 'appkey-s3cr3t']

const state: EmulatorState = {
  services: [
    {
      id: '1',
      service_tokens: ['tok-s3cr3t'],
      backend_version: '1',
      metrics: [
        { id: '1', name: 'hits' },
        { id: '2', name: 'lookup', parent: 'hits' },
        { id: '3', name: 'other' },
      ],
      plans: [
        {
          id: 'p',
          name: 'Basic',
          limits: [
            { metric: 'hits', period: 'year', value: 100 },
            { metric: 'hits', period: 'eternity', value: 1000 },
          ],
        },
        { id: 'full', name: 'Full', limits: [{ metric: 'hits', period: 'eternity', value: 1 }] },
      ],
      applications: [
        { id: 'a', plan: 'p', user_keys: ['key-s3cr3t'] },
        { id: 'full', plan: 'full', user_keys: ['full-key'] },
        { id: 'suspended', plan: 'p', user_keys: ['suspended-key'], state: 'suspended' },
      ],
    },
    {
      id: '2',
      service_tokens: ['tok-s3cr3t'],
      backend_version: '2',
      metrics: [{ id: '4', name: 'hits' }],
      plans: [{ id: 'p2', name: 'Basic', limits: [{ metric: 'hits', period: 'eternity', value: 10 }] }],
      applications: [{ id: 'app-s3cr3t', plan: 'p2', application_keys: ['appkey-s3cr3t'] }],
    },
  ],
}

const byUserKey = {
  THREESCALE_SERVICE_ID: '1',
  THREESCALE_TOKEN: 'tok-s3cr3t',
  THREESCALE_USER_KEY: 'key-s3cr3t',
  THREESCALE_METRIC: 'hits',
}

/** Runs the script; what it prints must hold no secret, whatever happens. */
async function live(env: Readonly<Record<string, string>>, options: EmulatorOptions = {}) {
  const emulator = createEmulator({ state, ...options })
  onTestFinished(() => emulator.close())
  const own = Object.entries(process.env).filter(([name]) => !name.startsWith('THREESCALE_'))
  const child = spawn(process.execPath, [SCRIPT], {
    env: { ...Object.fromEntries(own), THREESCALE_BACKEND_URL: await emulator.listen(), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk))
  const [code] = await once(child, 'close')
  for (const secret of SECRETS) expect(output).not.toContain(secret)
  const counted = (service: string, application: string, metric: string) =>
    emulator.usage()[service]?.[application]?.[metric]?.eternity ?? 0
  return { code, output, steps: [...output.matchAll(/^ok +(\w+)/gm)].map(([, step]) => step), counted }
}

const ALL = ['settings', 'authorize', 'authrep', 'seen', 'report', 'seen']

it('passes all steps and waits until a backend that counts later has counted both', async () => {
  const { code, output, steps, counted } = await live(byUserKey, { reportDelayMs: 300 })
  expect(output).toContain('All steps passed.')
  expect(steps).toEqual(ALL)
  expect(code).toBe(0)
  expect(counted('1', 'a', 'hits')).toBe(2)
})

it('takes an application id and key, and sees a method through the metric that includes it', async () => {
  const byId = { THREESCALE_APP_ID: 'app-s3cr3t', THREESCALE_APP_KEY: 'appkey-s3cr3t', THREESCALE_USER_KEY: '' }
  const application = await live({ ...byUserKey, ...byId, THREESCALE_SERVICE_ID: '2' })
  expect(application).toMatchObject({ code: 0, steps: ALL })
  expect(application.counted('2', 'app-s3cr3t', 'hits')).toBe(2)
  const method = await live({ ...byUserKey, THREESCALE_METRIC: 'lookup' })
  expect(method).toMatchObject({ code: 0, steps: ALL })
  expect(method.counted('1', 'a', 'lookup')).toBe(2)
})

it('says so if nothing shows that it was counted', async () => {
  const { code, output, steps, counted } = await live({ ...byUserKey, THREESCALE_METRIC: 'other' })
  expect(output).toContain('only the analytics of the portal show')
  expect(steps).toEqual(['settings', 'authorize', 'authrep', 'report'])
  expect(code).toBe(0)
  expect(counted('1', 'a', 'other')).toBe(2)
})

it('does nothing without the name of a metric, or with half of the other settings', async () => {
  for (const name of Object.keys(byUserKey)) {
    const { code, output, steps, counted } = await live({ ...byUserKey, [name]: '' })
    expect(output).toContain(name)
    expect({ code, steps, counted: counted('1', 'a', 'hits') }).toEqual({ code: 2, steps: [], counted: 0 })
  }
})

it.each<[string, Readonly<Record<string, string>>, string]>([
  ['a wrong token', { THREESCALE_TOKEN: 'appkey-s3cr3t' }, 'service_token_invalid'],
  ['an unknown key', { THREESCALE_USER_KEY: 'app-s3cr3t' }, 'user_key_invalid'],
  ['a suspended application', { THREESCALE_USER_KEY: 'suspended-key' }, 'application_not_active'],
  ['an unknown metric', { THREESCALE_METRIC: 'nope' }, 'metric_invalid'],
  ['a limit without room', { THREESCALE_USER_KEY: 'full-key' }, 'no room to count 2'],
  ['a backend that is not there', { THREESCALE_BACKEND_URL: 'http://127.0.0.1:1' }, '3scale does not answer'],
])('fails with a plain sentence and counts nothing: %s', async (_name, env, says) => {
  const { code, output, counted } = await live({ ...byUserKey, ...env })
  expect(output).toMatch(/^FAILED {2}\S/m)
  expect(output).toContain(says)
  expect(output).not.toContain('    at ')
  expect(code).toBe(1)
  expect([counted('1', 'a', 'hits'), counted('1', 'full', 'hits')]).toEqual([0, 0])
})

it('fails if what 3scale accepted is not counted in time', async () => {
  const { code, output } = await live({ ...byUserKey, THREESCALE_WAIT_MS: '50' }, { reportDelayMs: 3_600_000 })
  expect(output).toContain('the authrep is not counted')
  expect(code).toBe(1)
})

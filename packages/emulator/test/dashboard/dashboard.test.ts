/** The dashboard in a real browser. A page is opened once, because that takes longest, and loaded for each test. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import axe from 'axe-core'
import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { HAS_CHROMIUM, launchBrowser, NO_CHROMIUM } from '../../../../scripts/browser.mjs'
import { createEmulator, type Emulator } from '../../src/index.ts'
import { authrep, dictionary, noon, report } from '../dictionary.ts'

describe.skipIf(!HAS_CHROMIUM)(`the dashboard${HAS_CHROMIUM ? '' : ` (skipped: ${NO_CHROMIUM})`}`, () => {
  let browser: Browser
  let page: Page
  let emulator: Emulator
  let complaints: string[]

  beforeAll(async () => {
    browser = await launchBrowser()
    page = await browser.newPage()
    page.setDefaultTimeout(10_000)
    // What the policy forbids is told here. So are connections that fail, which some tests are about.
    page.on('console', (message) => {
      if (message.type() === 'error' && !message.text().startsWith('Failed to load')) complaints.push(message.text())
    })
    page.on('pageerror', (error) => complaints.push(String(error)))
  }, 30_000)
  afterAll(() => browser?.close())
  beforeEach(async () => {
    emulator = createEmulator({ state: dictionary([{ metric: 'hits', period: 'minute', value: 2 }]), clock: noon })
    complaints = []
    await page.goto(`${await emulator.listen()}/emulator/`)
    await page.locator('#connection[data-state=live]').waitFor()
  }, 20_000)
  afterEach(async () => {
    await page.goto('about:blank')
    await emulator.close()
    expect(complaints).toEqual([])
  })

  const call = (usage: string) => emulator.handle({ method: 'GET', target: authrep(usage) })
  const meter = (name: string, text: string) =>
    page.locator(`[role=meter][aria-label="${name}"][aria-valuetext="${text}"]`)

  test('a limit fills live, and a new window empties it', async () => {
    await meter('hits a minute', '0 of 2').first().waitFor()
    call('usage[hits]=1')
    await meter('hits a minute', '1 of 2').waitFor()
    call('usage[hits]=1')
    await meter('hits a minute', '2 of 2, full').waitFor()
    emulator.setClock('2026-01-15T12:01:00Z')
    await meter('hits a minute', '2 of 2, full').waitFor({ state: 'detached' })
  })

  test('a limit fills although calls never stop', async () => {
    const endless = setInterval(call, 2, 'usage[hits]=1')
    await meter('hits a minute', '2 of 2, full')
      .waitFor()
      .finally(() => clearInterval(endless))
  })

  test('keys are masked until they are asked for', async () => {
    const secrets = () => page.locator('.secret').allTextContents()
    expect(new Set(await secrets())).toEqual(new Set(['••••••']))
    expect(await page.content()).not.toMatch(/stoken|pkey|other-key/)
    await page.getByRole('button', { name: 'Show keys' }).click()
    expect(await secrets()).toEqual(['stoken', 'pkey', 'key', 'other-key'])
    await page.getByRole('button', { name: 'Show keys' }).click()
    expect(new Set(await secrets())).toEqual(new Set(['••••••']))
  })

  test('a call appears live: its verdict, why, and its parameters without secrets', async () => {
    for (const hits of [1, 3]) call(`usage[hits]=${hits}&a[b][]=%3Cb%3E`)
    const denied = page.locator('.call').first()
    await page.locator('.call[data-verdict=denied]').waitFor()
    expect(await page.locator('.call').count()).toBe(2)
    expect(await denied.locator('summary').textContent()).toMatch(
      /12:00:00 ✕ denied authrep app hits 3 limits_exceeded/,
    )
    await denied.locator('summary').press('Enter')
    await denied.getByText('usage limits are exceeded').waitFor()
    expect(JSON.parse((await denied.locator('pre').textContent()) ?? '')).toEqual({
      service_token: '***',
      service_id: '1001',
      user_key: '***',
      usage: { hits: '3' },
      a: { b: ['<b>'] },
    })
    await page.getByText('New calls: 1 allowed, 1 denied').waitFor({ state: 'attached' })
  })

  test('a dropped batch says why', async () => {
    emulator.handle(report('transactions[0][app_id]=nobody&transactions[0][usage][hits]=1'))
    const entry = page.locator('.call[data-verdict=dropped]')
    await entry.locator('summary').click()
    await entry.getByText('application with id="nobody" was not found (application_not_found)').waitFor()
  })

  test('calls are filtered by text and verdict, and a paused list stands still', async () => {
    call('usage[hits]=1')
    call('usage[deep]=9')
    await page.locator('.call').nth(1).waitFor()
    const ids = () => page.locator('.call').evaluateAll((all) => all.map((each) => each.getAttribute('data-id')))
    await page.getByLabel('Filter').fill('DEEP')
    await page.locator('.call').nth(1).waitFor({ state: 'detached' })
    expect(await ids()).toEqual(['2'])
    await page.getByLabel('Filter').fill('')
    await page.getByLabel('Verdict').selectOption('allowed')
    expect(await ids()).toEqual(['1'])
    await page.getByLabel('Verdict').selectOption('')
    await page.getByRole('button', { name: 'Pause' }).click()
    call('usage[deep]=9')
    await page.getByRole('button', { name: 'Continue (1 new)' }).click()
    await page.locator('.call[data-id="3"]').waitFor()
    expect(await ids()).toEqual(['3', '2', '1'])
    await page.getByRole('button', { name: 'Clear' }).click()
    expect(await ids()).toEqual([])
  })

  test('usage over time is drawn, and told in words', async () => {
    call('usage[deep]=1')
    emulator.setClock('2026-01-15T12:05:00Z')
    call('usage[lookup]=1')
    await page.getByRole('img', { name: 'hits of app, last 60 minutes: 2 in all, at most 1 a minute' }).waitFor()
    await page.locator('#chart-metric').selectOption('deep')
    await page.getByRole('img', { name: 'deep of app, last 60 minutes: 1 in all' }).waitFor()
    expect(await page.locator('#chart-table').textContent()).toBe('12:001')
  })

  test('the clock is stopped a second before a window ends, goes on, and runs again', async () => {
    await page.getByLabel('Window').selectOption('day')
    await page.getByRole('button', { name: 'Stop 1 s before' }).click()
    await page.getByText('2026-01-15 23:59:59').waitFor()
    call('usage[hits]=1')
    await meter('hits a minute', '1 of 2').waitFor()
    await page.getByRole('button', { name: 'One second on' }).click()
    await page.getByText('2026-01-16 00:00:00').waitFor()
    await meter('hits a minute', '1 of 2').waitFor({ state: 'detached' })
    expect(emulator.now()).toBe(Date.parse('2026-01-16T00:00:00Z'))
    await page.getByRole('button', { name: 'Let it run' }).click()
    await page.getByText('UTC, running').waitFor()
    expect(emulator.clockStopped).toBe(false)
    await page.getByRole('button', { name: 'Stop', exact: true }).click()
    await page.getByText('UTC, stopped').waitFor()
    expect(emulator.clockStopped).toBe(true)
  })

  test('a fault is switched on, hits a call, and is switched off', async () => {
    await page.getByLabel('Kind').selectOption('status')
    await page.getByLabel('Share').fill('100')
    await page.locator('#faults-form').getByLabel('Calls').selectOption('authrep')
    await page.getByRole('button', { name: 'Switch on' }).click()
    await page.getByText('503, on authrep, 100 % of them').waitFor()
    expect(emulator.faults()).toEqual([{ kind: 'status', status: 503, endpoint: 'authrep', rate: 1 }])
    await page.getByRole('button', { name: 'Send' }).click()
    await page.getByText('HTTP/1.1 503 Service Unavailable').waitFor()
    await page.locator('.call', { hasText: 'fault: status' }).waitFor()
    await page.getByRole('spinbutton', { name: 'Status' }).fill('99')
    await page.locator('#faults-form').evaluate((form) => form.setAttribute('novalidate', ''))
    await page.getByRole('button', { name: 'Switch on' }).click()
    await page.getByText('[1].status must be an HTTP status from 200 to 599, not 99').waitFor()
    await page.getByRole('button', { name: 'Switch off: status' }).click()
    await page.getByText('None: every call').waitFor()
    expect(emulator.faults()).toEqual([])
  })

  test('an app shows a fault that is switched on, and its calls appear live', async () => {
    const app = spawn(
      process.execPath,
      [fileURLToPath(new URL('../../../../examples/express/server.js', import.meta.url))],
      {
        env: {
          ...process.env,
          PORT: '0',
          THREESCALE_BACKEND_URL: emulator.url,
          THREESCALE_SERVICE_ID: '1001',
          THREESCALE_SERVICE_TOKEN: 'stoken',
        },
        stdio: ['ignore', 'pipe', 'ignore'],
      },
    )
    onTestFinished(() => void app.kill())
    const address = String((await once(app.stdout, 'data'))[0]).trim()
    const statusOf = async () => (await fetch(`${address}/words/hello?user_key=key`)).status
    // On a busy machine a call may take longer than the app waits.
    await expect.poll(statusOf, { timeout: 10_000 }).toBe(200)
    await page.getByLabel('Kind').selectOption('reset')
    await page.getByRole('button', { name: 'Switch on' }).click()
    await page.getByRole('button', { name: 'Switch off: reset' }).waitFor()
    expect(await statusOf()).toBe(503)
    await page.locator('.call', { hasText: 'fault: reset' }).waitFor()
    await page.getByRole('button', { name: 'Switch off: reset' }).click()
    await page.getByText('None: every call').waitFor()
    await expect.poll(statusOf, { timeout: 10_000 }).toBe(429)
    await page.locator('.call[data-verdict=denied]', { hasText: 'limits_exceeded' }).waitFor()
    await meter('hits a minute', '2 of 2, full').waitFor()
  })

  test('a fault with a count says how many calls it still hits, and is off once it is used up', async () => {
    emulator.setFaults([
      { kind: 'status', status: 503, count: 2 },
      { kind: 'latency', ms: 1 },
    ])
    const off = (which: string) => page.getByRole('button', { name: `Switch off: ${which}` })
    await off('status 503, on all calls, 2 more times').waitFor()
    await off('latency').focus()
    await fetch(emulator.url + authrep('usage[hits]=1'))
    await off('status 503, on all calls, once more').waitFor()
    expect(await page.evaluate('document.activeElement.ariaLabel')).toBe('Switch off: latency 1 ms, on all calls')
    await fetch(emulator.url + authrep('usage[hits]=1'))
    await off('status').waitFor({ state: 'detached' })
    expect(emulator.faults()).toEqual([{ kind: 'latency', ms: 1 }])
  })

  test('of thousands of applications the first are shown, and any is found', async () => {
    const state = dictionary([{ metric: 'hits', period: 'minute', value: 2 }])
    const many = Array.from({ length: 1200 }, (_, at) => ({
      id: `App-${at}`,
      plan: 'plan',
      user_keys: [`secret-${at}`],
    }))
    state.services.push({ ...state.services[0]!, id: '1002', applications: many })
    emulator.setState(state)
    await page.getByText('The first 100 of 1,202 applications.').waitFor()
    expect(await page.locator('.application').count()).toBe(100)
    const find = page.getByLabel('Find')
    const found = () => page.locator('.application h4 .foreign').allTextContents()
    for (const [text, id] of [
      ['APP-1199', 'App-1199'],
      ['secret-987', 'App-987'],
    ] as const) {
      await find.fill(text)
      await page.locator('.application', { hasText: id }).waitFor()
      expect(await found()).toEqual([id])
    }
    expect(await page.locator('.service h3 .foreign').allTextContents()).toEqual(['1002'])
    await find.fill('nothing such')
    await page.getByText('No application to show.').waitFor()
    await find.fill('1001')
    await page.locator('.application', { hasText: 'other' }).waitFor()
    expect(await found()).toEqual(['app', 'other', 'App-1001'])
    call('usage[hits]=1')
    await meter('hits a minute', '1 of 2').waitFor()
  })

  test('a call is tried: its line for curl without keys, and the raw answer', async () => {
    await page.locator('#try-metric').selectOption('hits')
    const line = page.locator('#try-line')
    const query = (token: string, key: string) => `service_id=1001&service_token=${token}&user_key=${key}&usage[hits]=1`
    expect(await line.textContent()).toBe(`curl -ig '${emulator.url}/transactions/authrep.xml?${query('***', '***')}'`)
    await page.getByRole('button', { name: 'Show keys' }).click()
    expect(await line.textContent()).toContain(query('stoken', 'key'))
    await page.getByRole('button', { name: 'Send' }).click()
    await page.getByText('<authorized>true</authorized>').waitFor()
    await page.locator('#try-endpoint').selectOption('report')
    await page.locator('#try-application').selectOption('one that does not exist')
    await page.getByRole('button', { name: 'Send' }).click()
    await page.locator('.call[data-verdict=dropped]', { hasText: 'user_key_invalid' }).waitFor()
    expect(emulator.calls().map(({ endpoint }) => endpoint)).toEqual(['authrep', 'report'])
  })

  test('the state is edited, and what is wrong is shown at its place', async () => {
    const box = page.getByLabel('State as JSON')
    expect(await box.inputValue()).toBe('')
    await page.getByText('Edit as JSON').click()
    const text = JSON.stringify(dictionary([{ metric: 'hits', period: 'minute', value: 2 }]), null, 2)
    await page.waitForFunction('document.querySelector("#state-text").value !== ""')
    expect(await box.inputValue()).toBe(text)
    const selected = () => page.evaluate('getSelection().toString()')
    const apply = page.getByRole('button', { name: 'Apply' })
    await box.fill(text.replace('"minute"', '"second"').replace('"value": 2', '"value": -2'))
    await apply.click()
    await page.getByText('services[0].plans[0].limits[0].period').waitFor()
    expect(await selected()).toBe('"second"')
    await page.getByRole('button', { name: /^Line/ }).nth(1).click()
    expect(await selected()).toBe('-2')
    await box.fill(text.replace('"plans": [', '"plans": [,'))
    await apply.click()
    await page.getByText('no JSON from here on').waitFor()
    expect(await selected()).toBe(',')
    expect(emulator.state().services[0]!.plans![0]!.limits![0]!.value).toBe(2)
    await box.fill(text.replace('"value": 2', '"value": 7'))
    await apply.click()
    await meter('hits a minute', '0 of 7').first().waitFor()
  })

  test('a state that changes is shown at once', async () => {
    const state = dictionary()
    state.services[0]!.applications!.push({ id: 'third', state: 'suspended' })
    emulator.updateState(state)
    await page.locator('.application[data-state=suspended]', { hasText: 'third' }).waitFor()
  })

  test('a page that lost the emulator says so, and follows the next one', async () => {
    for (const hits of [1, 1]) call(`usage[hits]=${hits}`)
    await page.locator('.call').nth(1).waitFor()
    await page.getByRole('button', { name: 'Clear' }).click()
    const port = Number(new URL(emulator.url).port)
    await emulator.close()
    await page.getByText('Not connected').waitFor()
    emulator = createEmulator({ state: dictionary(), clock: noon })
    await emulator.listen({ port })
    await page.locator('#connection[data-state=live]').waitFor()
    call('usage[hits]=1')
    await page.locator('.call[data-id="1"]').waitFor()
  })

  test('axe finds nothing to mend, in light and in dark', async () => {
    for (const hits of [1, 1, 1]) call(`usage[hits]=${hits}`)
    await meter('hits a minute', '2 of 2, full').waitFor()
    emulator.handle(report('transactions[0][app_id]=nobody'))
    await page.locator('.call[data-verdict=dropped] summary').click()
    await page.getByText('Edit as JSON').click()
    emulator.setFaults([{ kind: 'stall' }, { kind: 'garbage' }])
    await page.getByRole('button', { name: 'All off' }).waitFor()
    await page.evaluate(axe.source)
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme })
      const found = await page.evaluate<{ violations: { id: string; nodes: { html: string }[] }[] }>('axe.run()')
      expect(found.violations.map(({ id, nodes }) => [id, ...nodes.map(({ html }) => html)])).toEqual([])
    }
  })

  test('hostile names stay text', async () => {
    const names = [
      '<img src=x onerror=alert(1)>',
      '__proto__',
      'constructor',
      'x'.repeat(500),
      '‮טקסט مرحبا',
      '"&amp;\'',
    ]
    emulator.setState({
      services: names.map((id) => ({
        id,
        service_tokens: [id],
        metrics: names.map((name) => ({ name })),
        plans: [{ id, name: id, limits: names.map((metric) => ({ metric, period: 'day' as const, value: 5 })) }],
        applications: names.map((name) => ({ id: name, plan: id, user_keys: [name] })),
      })),
    })
    await page.locator('.application').nth(35).waitFor()
    for (const name of names) {
      const parts = new URLSearchParams({ service_token: names[0]!, service_id: names[0]!, user_key: name })
      for (const metric of names) parts.append(`usage[${metric}]`, '1')
      parts.append(name, name)
      emulator.handle({ method: 'GET', target: `/transactions/authrep.xml?${parts}` })
    }
    await page.locator('.call').nth(5).waitFor()
    await page.locator('details').evaluateAll((all) => {
      for (const each of all) each.setAttribute('open', '')
    })
    await page.getByRole('button', { name: 'Show keys' }).click()
    expect(await page.locator('.application h4 .foreign').allTextContents()).toEqual(names.flatMap(() => names))
    expect(await page.locator('main img').count()).toBe(0)
    expect(await page.locator('.call pre').first().textContent()).toContain('"\\u202eטקסט مرحبا": "1"')
    expect(await page.locator('.meter').count()).toBe(216)
    await page.setViewportSize({ width: 360, height: 800 })
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(360)
  })
})

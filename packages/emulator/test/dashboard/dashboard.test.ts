/** The dashboard in a real browser. A page is opened once, because that takes longest, and loaded for each test. */
import axe from 'axe-core'
import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createEmulator, type Emulator } from '../../src/index.ts'
import { authrep, dictionary, noon, report } from '../dictionary.ts'
import { HAS_CHROMIUM, launchBrowser, SKIPPED } from './browser.ts'

describe.skipIf(!HAS_CHROMIUM)(`the dashboard${SKIPPED}`, () => {
  let browser: Browser
  let page: Page
  let emulator: Emulator
  let complaints: string[]

  beforeAll(async () => {
    browser = await launchBrowser()
    page = await browser.newPage()
    page.setDefaultTimeout(5000)
    page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()))
    page.on('pageerror', (error) => complaints.push(String(error)))
  }, 30_000)
  afterAll(() => browser?.close())
  beforeEach(async () => {
    emulator = createEmulator({ state: dictionary([{ metric: 'hits', period: 'minute', value: 2 }]), clock: noon })
    complaints = []
    await page.goto(`${await emulator.listen()}/emulator/`)
    await page.locator('#connection[data-state=live]').waitFor()
  })
  afterEach(() => emulator.close())

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
    expect(complaints).toEqual([])
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
    await page.getByLabel('Metric').selectOption('deep')
    await page.getByRole('img', { name: 'deep of app, last 60 minutes: 1 in all' }).waitFor()
    expect(await page.locator('#chart-table').textContent()).toBe('12:001')
  })

  test('a state that changes is shown at once', async () => {
    const state = dictionary()
    state.services[0]!.applications!.push({ id: 'third', state: 'suspended' })
    emulator.updateState(state)
    await page.locator('.application[data-state=suspended]', { hasText: 'third' }).waitFor()
  })

  test('a page that lost the emulator says so, and follows the next one', async () => {
    const port = Number(new URL(emulator.url).port)
    await emulator.close()
    await page.getByText('Not connected').waitFor()
    emulator = createEmulator({ state: dictionary(), clock: noon })
    await emulator.listen({ port })
    await page.locator('#connection[data-state=live]').waitFor()
  })

  test.each(['light', 'dark'] as const)('axe finds nothing to mend (%s)', async (colorScheme) => {
    await page.emulateMedia({ colorScheme })
    for (const hits of [1, 1, 1]) call(`usage[hits]=${hits}`)
    await meter('hits a minute', '2 of 2, full').waitFor()
    emulator.handle(report('transactions[0][app_id]=nobody'))
    await page.locator('.call[data-verdict=dropped] summary').click()
    await page.evaluate(axe.source)
    const found = await page.evaluate<{ violations: { id: string; nodes: { html: string }[] }[] }>('axe.run()')
    expect(found.violations.map(({ id, nodes }) => [id, ...nodes.map(({ html }) => html)])).toEqual([])
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
    expect(await page.locator('.meter').count()).toBe(216)
    await page.setViewportSize({ width: 360, height: 800 })
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(360)
    expect(complaints).toEqual([])
  })
})

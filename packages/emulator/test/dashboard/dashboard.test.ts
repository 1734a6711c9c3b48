/** The dashboard in a real browser. A page is opened once, because that takes longest, and loaded for each test. */
import axe from 'axe-core'
import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createEmulator, type Emulator } from '../../src/index.ts'
import { authrep, dictionary, noon } from '../dictionary.ts'
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
    await page.getByRole('button', { name: 'Show keys' }).click()
    expect(await page.locator('.application h4 .foreign').allTextContents()).toEqual(names.flatMap(() => names))
    expect(await page.locator('main img').count()).toBe(0)
    expect(await page.locator('.meter[aria-valuetext="0 of 5"]').count()).toBe(216)
    await page.setViewportSize({ width: 360, height: 800 })
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(360)
    expect(complaints).toEqual([])
  })
})

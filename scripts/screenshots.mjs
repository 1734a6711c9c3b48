// npm run screenshots: draws the emulator's dashboard anew for README.md and docs/emulator.md, into docs/images.
import { fileURLToPath } from 'node:url'
import { createEmulator } from '../packages/emulator/dist/index.js'
import { launchBrowser } from './browser.mjs'

const folder = fileURLToPath(new URL('../docs/images/', import.meta.url))
const noon = Date.parse('2026-01-15T12:00:00Z')
const minuteMs = 60_000

/** @type {{ name: string, colorScheme: 'light' | 'dark', width: number, height: number }[]} */
const pictures = [
  { name: 'dashboard-light', colorScheme: 'light', width: 1120, height: 800 },
  { name: 'dashboard-dark', colorScheme: 'dark', width: 1120, height: 800 },
  { name: 'dashboard-narrow', colorScheme: 'dark', width: 400, height: 800 },
]

const emulator = createEmulator({ clock: new Date(noon - 60 * minuteMs) })

/** @param {string} endpoint @param {string} query */
function get(endpoint, query) {
  const target = `/transactions/${endpoint}.xml?service_id=2555417&service_token=demo-token&${query}`
  emulator.handle({ method: 'GET', target })
}

/** @param {string} transaction */
function report(transaction) {
  const body = `service_id=2555417&service_token=demo-token&${transaction}`
  emulator.handle({ method: 'POST', target: '/transactions.xml', body })
}

/** An hour of traffic, always the same, and at its end a call of each kind. */
function play() {
  for (let minute = 60; minute > 0; minute--) {
    emulator.setClock(noon - minute * minuteMs)
    const calls = Math.round(6 + 4 * Math.sin(minute / 6) + 3 * Math.cos(minute * 2.4))
    for (let call = 0; call < calls; call++) get('authrep', 'user_key=unlimited-key&usage[lookup]=1')
    report(`transactions[0][user_key]=good-key&transactions[0][usage][tokens]=${560 + ((minute * 137) % 300)}`)
  }
  emulator.setClock(noon + 41_000)
  get('authrep', 'user_key=unlimited-key&usage[lookup]=1')
  for (let call = 0; call < 6; call++) get('authrep', 'user_key=good-key&usage[lookup]=1')
  report('transactions[0][user_key]=wrong-key&transactions[0][usage][hits]=1')
  get('authorize', 'user_key=suspended-key')
  get('authrep', 'user_key=nearly-limited-key&usage[hits]=1')
  emulator.setFaults([{ kind: 'status', status: 503, endpoint: 'report', count: 3 }])
}

play()
const url = `${await emulator.listen()}/emulator/`
const browser = await launchBrowser()
for (const { name, colorScheme, width, height } of pictures) {
  const page = await browser.newPage({ viewport: { width, height }, colorScheme, reducedMotion: 'reduce' })
  await page.goto(url)
  await page.locator('#connection[data-state=live]').waitFor()
  await page.locator('.call').first().waitFor()
  await page.screenshot({ path: `${folder}${name}.png` })
  await page.close()
}
await browser.close()
await emulator.close()

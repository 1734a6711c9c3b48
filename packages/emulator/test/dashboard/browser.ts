/** The system's Chromium for tests of the dashboard. */
import { spawnSync } from 'node:child_process'
import { type Browser, chromium } from 'playwright-core'

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']
const found = process.env.CHROMIUM ?? names.find((name) => spawnSync(name, ['--version']).status === 0)

/** Whether this machine has one. `CHROMIUM` names it where it is not on the path. */
export const HAS_CHROMIUM: boolean = found !== undefined

/** Behind the title of what needs one: why it is skipped, and what to do. */
export const SKIPPED: string = HAS_CHROMIUM
  ? ''
  : ' (skipped: no chromium; get it by `apt-get install chromium`, or name a Chrome by CHROMIUM=…)'

/** Starts it without a window. */
export function launchBrowser(): Promise<Browser> {
  const path = spawnSync('sh', ['-c', 'command -v "$0"', found!], { encoding: 'utf8' }).stdout.trim()
  // A container's root may not use the sandbox; the only page opened is our own.
  return chromium.launch({ executablePath: path, args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'] })
}

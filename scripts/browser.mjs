// The system's Chromium, for tests of the emulator's dashboard and for its screenshots.
import { spawnSync } from 'node:child_process'
import { chromium } from 'playwright-core'

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']
const found = process.env.CHROMIUM ?? names.find((name) => spawnSync(name, ['--version']).status === 0)

/** Whether this machine has one. `CHROMIUM` names it where it is not on the path. */
export const HAS_CHROMIUM = found !== undefined

/** Why something is skipped or fails without one, and what to do. */
export const NO_CHROMIUM = 'no chromium; get it by `apt-get install chromium`, or name a Chrome by CHROMIUM=…'

/** Starts it without a window. */
export function launchBrowser() {
  if (found === undefined) throw new Error(NO_CHROMIUM)
  const path = spawnSync('sh', ['-c', 'command -v "$0"', found], { encoding: 'utf8' }).stdout.trim()
  // A container's root may not use the sandbox; the only page opened is our own.
  return chromium.launch({ executablePath: path, args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'] })
}

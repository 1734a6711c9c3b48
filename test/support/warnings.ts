/**
 * Warnings of the packages: a test that does not expect one fails, and none is printed. Loaded before every test file.
 * Other warnings of the process are printed as usual.
 */
import { afterAll, afterEach, beforeEach, expect, onTestFinished } from 'vitest'
import { settled } from './manual-clock.ts'

interface Warning extends Error {
  readonly code?: string
}

const print = process.listeners('warning')
/** Tests take the backend away, and make many gateways, on purpose; tests of these warnings look at process.emitWarning. */
const CAUSED_BY_TESTS: ReadonlySet<string | undefined> = new Set([
  'THREESCALE_BACKEND_UNREACHABLE',
  'THREESCALE_GATEWAY_PER_REQUEST',
])

let unexpected: Warning[] = []

process.removeAllListeners('warning')
process.on('warning', (warning: Warning) => {
  if (warning.name === 'ThreeScaleWarning') {
    if (!CAUSED_BY_TESTS.has(warning.code)) unexpected.push(warning)
  } else for (const listener of print) listener.call(process, warning)
})

/** The codes of all warnings so far; taking them makes them expected. */
export async function takeWarnings(): Promise<(string | undefined)[]> {
  // A warning is emitted a tick after it was raised.
  await settled()
  const taken = unexpected.map(({ code }) => code)
  unexpected = []
  return taken
}

async function expectNone(): Promise<void> {
  await settled()
  const found = unexpected.map(({ code, message }) => `${code}: ${message}`)
  unexpected = []
  expect(found, 'warnings that the test did not expect').toEqual([])
}

// Registered before all others, so it runs after all others: closing may warn too.
beforeEach(() => onTestFinished(expectNone))
afterEach(expectNone)
afterAll(expectNone)

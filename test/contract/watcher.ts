/** Records all that the package shows: channels, logger, warnings, and what a test adds. */
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { CHANNELS, type GatewayOptions } from '@threescale/core'
import { afterAll, beforeAll, beforeEach } from 'vitest'
import { everythingOf } from '../support/everything-of.ts'

export interface Watcher {
  readonly logger: NonNullable<GatewayOptions['logger']>
  see(value: unknown): void
  /** All recorded texts. */
  text(): string
}

/** Records while the tests of a file run; forgets between them. */
export function useWatcher(): Watcher {
  let seen: string[] = []
  const see = (value: unknown) => void seen.push(everythingOf(value))
  const listen = (message: unknown) => see(message)
  const log = (facts: object, message: string) => see({ facts, message })
  const channels = Object.values(CHANNELS)
  beforeAll(() => {
    for (const channel of channels) subscribe(channel, listen)
    process.on('warning', see)
  })
  afterAll(() => {
    for (const channel of channels) unsubscribe(channel, listen)
    process.off('warning', see)
  })
  beforeEach(() => {
    seen = []
  })
  return { logger: { debug: log, info: log, warn: log, error: log }, see, text: () => seen.join('\n') }
}

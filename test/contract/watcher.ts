/** Sees all that the package says to anybody: channels, logger, warnings, and whatever a test shows it. */
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { CHANNELS, type GatewayOptions } from '@threescale/core'
import { everythingOf } from '../support/everything-of.ts'

export interface Watcher {
  readonly logger: NonNullable<GatewayOptions['logger']>
  see(value: unknown): void
  /** All that was seen. */
  text(): string
  forget(): void
  stop(): void
}

/** Watches until it is stopped. */
export function startWatcher(): Watcher {
  let seen: string[] = []
  const see = (value: unknown) => void seen.push(everythingOf(value))
  const listen = (message: unknown) => see(message)
  const log = (facts: object, message: string) => see({ facts, message })
  for (const channel of Object.values(CHANNELS)) subscribe(channel, listen)
  process.on('warning', see)
  return {
    logger: { debug: log, info: log, warn: log, error: log },
    see,
    text: () => seen.join('\n'),
    forget() {
      seen = []
    },
    stop() {
      for (const channel of Object.values(CHANNELS)) unsubscribe(channel, listen)
      process.off('warning', see)
    },
  }
}

/** What a session goes by. */
import type { StoreSettings } from '@threescale/core'

/** Milliseconds, where nothing else is said. */
export interface SessionSettings extends StoreSettings {
  /** The longest that a request waits for the store. */
  readonly waitMs: number
}

/** What no option changes. */
export const SESSION: Readonly<{
  /** A command without an answer is repeated. */
  timeoutMs: number
  /** Between two heartbeats. */
  beatMs: number
  /** How long a full limit is believed to be full. Asked about again after half of it. */
  fullMs: number
  /** How long that question waits for others, because no request waits for it. */
  lookMs: number
  /** No request waits for a proof for so long after one has waited in vain, unless the store has heard of one. */
  unprovedMs: number
  /** No request waits any more once commands have failed for so long. */
  downMs: number
  /** So long after the first failure it is told. */
  tellFailingMs: number
  /** The most asks in a command, and the most books. */
  lines: number
  /** Usage that awaits its response for longer is reported without a status soon, or was already. */
  heldMs: number
  /** Bookings that are withdrawn at a time. */
  withdrawn: number
  /** A mark is believed once it is so old: a server may still lose it. */
  keepMs: number
  /** Bookings older than this are kept added up: no failover loses as much. */
  exactMs: number
  /** Batches with a newer outcome are told again to a server that lacks writes. */
  settledMs: number
  /** How long a batch may be without an outcome. */
  flightMs: number
  /** Without a request for so long, a session leaves and its timers end. */
  idleMs: number
  /** How long a session stays after its last booking, so that it can book it again. */
  lingerMs: number
  /** After so long a sleep the server may have forgotten the session, which takes a new name. */
  forgottenMs: number
  /** Layouts that are remembered. */
  layouts: number
}> = Object.freeze({
  timeoutMs: 1000,
  beatMs: 1000,
  fullMs: 1000,
  lookMs: 50,
  unprovedMs: 10_000,
  downMs: 5000,
  tellFailingMs: 1000,
  lines: 256,
  heldMs: 3_000_000,
  withdrawn: 1000,
  keepMs: 10_000,
  exactMs: 5000,
  settledMs: 30_000,
  flightMs: 40_000,
  idleMs: 10_000,
  lingerMs: 2000,
  forgottenMs: 43_200_000,
  layouts: 1000,
})

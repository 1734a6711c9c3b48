/** A backend for tests of the gateway: the emulator behind the client's transport seam, on a manual clock. */
import { createEmulator, type Emulator } from '@threescale/emulator'
import { TRANSPORT, type Transport, type TransportRequest } from '../../packages/core/src/client/transport/transport.ts'
import { CLOCK, type Clock } from '../../packages/core/src/primitives/clock.ts'
import { answerBy } from './answer-by.ts'
import { ManualClock } from './manual-clock.ts'

export interface EmulatedBackend {
  readonly emulator: Emulator
  readonly clock: ManualClock
  /** Every request that was sent. */
  readonly calls: TransportRequest[]
  /** Spread into gateway or client options. */
  readonly seams: { readonly [CLOCK]: Clock; readonly [TRANSPORT]: Transport }
  /** What the next calls meet instead of the emulator; undefined is the emulator. */
  fail: ((request: TransportRequest) => Error | undefined) | undefined
}

export function createEmulatedBackend(): EmulatedBackend {
  const clock = new ManualClock('2026-01-15T10:20:30Z')
  const emulator = createEmulator({ clock })
  const calls: TransportRequest[] = []
  const backend: EmulatedBackend = {
    emulator,
    clock,
    calls,
    fail: undefined,
    seams: {
      [CLOCK]: clock,
      [TRANSPORT]: {
        async request(request) {
          calls.push(request)
          const failure = backend.fail?.(request)
          if (failure !== undefined) throw failure
          return answerBy(emulator, request)
        },
      },
    },
  }
  return backend
}

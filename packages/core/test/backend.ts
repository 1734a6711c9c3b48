/** A backend for tests of the gateway: the emulator behind the client's transport seam, with a clock that stands still. */
import { createEmulator, type Emulator, type EmulatorState } from '@threescale/emulator'
import { TRANSPORT, type Transport, type TransportRequest } from '../src/client/transport/transport.ts'
import { CLOCK, type Clock } from '../src/primitives/clock.ts'

export interface TestBackend {
  readonly emulator: Emulator
  readonly clock: Clock & { advance(ms: number): void }
  /** Every request that was sent, as `METHOD path`. */
  readonly calls: TransportRequest[]
  /** Spread into gateway or client options. */
  readonly seams: { readonly [CLOCK]: Clock; readonly [TRANSPORT]: Transport }
  /** What the next calls meet instead of the emulator; undefined is the emulator. */
  fail: ((request: TransportRequest) => Error | undefined) | undefined
}

export function createTestBackend(state?: EmulatorState, start = Date.UTC(2026, 0, 15, 10, 20, 30)): TestBackend {
  let now = start
  const clock = {
    now: () => now,
    elapsed: () => now,
    // Nothing here waits: time moves only by `advance`.
    schedule: () => ({ cancel() {} }),
    advance(ms: number) {
      now += ms
    },
  }
  const emulator = createEmulator({ ...(state === undefined ? {} : { state }), clock })
  const calls: TransportRequest[] = []
  const backend: TestBackend = {
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
          const { status, headers, body } = emulator.handle({
            method: request.method,
            target: request.path,
            headers: Object.fromEntries(pairs(request.headers)),
            body: request.body,
          })
          return { status, headers, body: Buffer.from(body) }
        },
      },
    },
  }
  return backend
}

function* pairs(list: readonly string[]): Generator<[string, string]> {
  for (let index = 0; index < list.length; index += 2) yield [list[index]!, list[index + 1]!]
}

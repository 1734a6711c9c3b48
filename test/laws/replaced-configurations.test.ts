/** Laws 7, 8 and 18 while the configuration is replaced a hundred times under load. */
import { describe, expect, it } from 'vitest'
import { TRANSPORT, type TransportRequest } from '../../packages/core/src/client/transport/transport.ts'
import type { GatewayOptions } from '../../packages/core/src/index.ts'
import { answerBy } from '../support/answer-by.ts'
import { createPortalWorld } from '../support/portal-world.ts'
import { rejection } from '../support/rejection.ts'
import { type StubConfig, stubConfig } from '../support/stub-portal.ts'

const CLIENTS = 8
/** Served all the time, whatever is deployed. */
const STABLE = [1, 2, 3]
/** Sometimes there, and sometimes gone. */
const VOLATILE = [4, 5]

const nextTurn = () => new Promise<void>((resolve) => setImmediate(resolve))

/** A repeatable row of numbers from 0 to 1. */
function numbers(seed: number): () => number {
  let state = seed
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648
    return state / 2_147_483_648
  }
}

const MODES: [string, number, Partial<GatewayOptions>][] = [
  ['asking per request', 20, {}],
  ['with a cache', 100, { cache: true, report: { intervalMs: 2000, maxPending: 50 } }],
  ['counting after the response', 20, { cache: true, responseCodes: true, report: { intervalMs: 2000 } }],
]

describe('replacements under load', () => {
  it.each(MODES)(
    'law 8: lose no request, and lose or double no usage, %s (%i)',
    async (_mode, replacements, options) => {
      const random = numbers(20_260_310)
      const { portal, open, ask, clock, emulator } = await createPortalWorld(deployment(1))
      const transport = {
        async request(request: TransportRequest) {
          for (let turns = Math.floor(random() * 4); turns > 0; turns--) await nextTurn()
          return answerBy(emulator, request)
        },
      }
      const gateway = open({}, { ...options, [TRANSPORT]: transport } as object)
      await gateway.ready()
      const admitted = new Map<string, number>()
      let requests = 0
      let ended = false

      async function client(): Promise<void> {
        while (!ended) {
          const isStable = random() < 0.7
          const id = pick(isStable ? STABLE : VOLATILE)
          const decision = await ask(gateway, id)
          requests += 1
          if (decision.outcome !== 'allow') {
            expect([id, decision]).toEqual([
              isStable ? 'none' : id,
              expect.objectContaining({ code: 'service_not_found' }),
            ])
          } else {
            let hits = decision.usage.hits!
            // Some responses last while configurations come and go.
            for (let turns = Math.floor(random() * 30); turns > 0; turns--) await nextTurn()
            if (random() < 0.2) {
              decision.addUsage({ hits: 2 })
              hits += 2
            }
            gateway.settle(decision, { status: 200, finished: true, header: () => undefined })
            admitted.set(String(id), (admitted.get(String(id)) ?? 0) + hits)
          }
          await nextTurn()
        }
      }

      function pick(ids: readonly number[]): number {
        return ids[Math.floor(random() * ids.length)]!
      }

      function deployment(version: number): StubConfig[] {
        const config = (id: number) =>
          stubConfig(id, version, {
            token: version % 2 === 0 ? `rotated-${id}` : `token-${id}`,
            proxy: {
              hosts: [`api-${id}.example.com`, `v${version}.example.com`],
              proxy_rules: [
                { http_method: 'GET', pattern: '/', metric_system_name: 'hits', delta: 1 + ((version + id) % 3) },
              ],
              // Law 18: now and then, one cannot be used.
              ...(id === 3 && version % 4 === 0 ? { credentials_location: 7 } : {}),
            },
          })
        return [...STABLE, ...VOLATILE.filter((id) => (version + id) % 3 !== 0)].map(config)
      }

      const clients = Array.from({ length: CLIENTS }, client)
      let used = 0
      for (let version = 2; version <= replacements + 1; version++) {
        portal.configs = deployment(version)
        if (version % 7 === 0) {
          portal.answer = (_request, response) => void response.writeHead(500).end()
          await rejection(gateway.reload())
          portal.answer = undefined
        }
        const { services } = await gateway.reload()
        used += services.some(({ to }) => to === version) ? 1 : 0
        await clock.advance(2000)
      }
      ended = true
      await Promise.all(clients)
      expect(used).toBe(replacements)
      expect(requests).toBeGreaterThan(replacements)

      await clock.advance(3000)
      expect(await gateway.close({ timeoutMs: Number.POSITIVE_INFINITY })).toEqual({ undelivered: {} })
      const counted = Object.entries(emulator.usage()).map(([id, { app }]) => [id, app?.hits?.eternity ?? 0])
      for (const [id, hits] of counted) expect([id, hits]).toEqual([id, admitted.get(String(id)) ?? 0])
      const total = [...admitted.values()].reduce((sum, hits) => sum + hits, 0)
      expect(gateway.stats().usage.hits).toMatchObject({
        admitted: total,
        acknowledged: total,
        pending: 0,
        inFlight: 0,
        ambiguous: 0,
        givenUp: 0,
      })
    },
  )
})

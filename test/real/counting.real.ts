/** Usage in a real backend: reports arrive, and a cached gateway never admits more than a limit. */
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createGateway, type UsageReport, type Verdict } from '../../packages/core/src/index.ts'
import {
  backend,
  callers,
  clientOf,
  connectionTo,
  credentialsOf,
  limitedMetrics,
  lineOf,
  referrerOf,
  sameWindow,
} from './real-backend.ts'

/** The longest that a backend may take to count what it has accepted. */
const PATIENCE_MS = 60_000
/** So much room is left in the limits before many requests come at once; the rest is reported away. */
const ROOM = 40

const limited = callers.flatMap(({ service, application }) =>
  limitedMetrics(service, application).map((metric) => {
    const credentials = credentialsOf(service, application)!
    const referrer = referrerOf(service, application)
    const line = lineOf(service, metric)
    const name = `service ${service.id}, application ${JSON.stringify(application.id)}, ${metric}`
    /** The limits that a usage of the metric falls under, as the backend sees them now. */
    const limits = async (): Promise<readonly UsageReport[]> => {
      const verdict: Verdict = await clientOf(service).authorize(credentials, { usage: { [metric]: 0 }, referrer })
      return verdict.usageReports.filter((report) => line.includes(report.metric))
    }
    return { service, application, metric, credentials, referrer, name, limits }
  }),
)

const roomIn = (reports: readonly UsageReport[]): number =>
  Math.max(0, Math.min(...reports.map(({ max, current }) => max - current)))

/** Asks until each window that is still open has grown by `more`. */
async function untilCounted(
  limits: () => Promise<readonly UsageReport[]>,
  before: readonly UsageReport[],
  more: number,
): Promise<readonly UsageReport[]> {
  const deadline = Date.now() + PATIENCE_MS
  for (;;) {
    const now = await limits()
    const grown = before.every((old) => {
      const same = now.find((report) => sameWindow(report, old))
      return same === undefined || same.current >= old.current + more
    })
    if (grown) return now
    if (Date.now() > deadline) throw new Error(`the backend has not counted ${more} within ${PATIENCE_MS} ms`)
    await sleep(50)
  }
}

describe.skipIf(backend === undefined)('counting', () => {
  it('the state has a limit to look at', () => {
    expect(limited.length).toBeGreaterThan(0)
  })

  for (const { service, application, metric, credentials, referrer, name, limits } of limited) {
    it(`${name}: what is reported is counted, with or without a timestamp`, async () => {
      const before = await limits()
      const usage = { [metric]: 1 }
      const report = clientOf(service).report([
        { appId: application.id, usage },
        { appId: application.id, usage, timestamp: new Date() },
      ])
      expect(await report).toEqual({ accepted: 2 })
      await untilCounted(limits, before, 2)
    })

    it(`${name}: an authrep that is allowed is counted, one that is denied is not`, async () => {
      const before = await limits()
      const client = clientOf(service)
      const { authorized } = await client.authrep(credentials, { usage: { [metric]: 1 }, referrer })
      expect(authorized).toBe(roomIn(before) > 0)
      const denied = await client.authrep(credentials, { usage: { [metric]: Number.MAX_SAFE_INTEGER }, referrer })
      expect(denied).toMatchObject({ authorized: false, code: 'limits_exceeded' })
      const expected = authorized ? 1 : 0
      for (const report of await untilCounted(limits, before, expected)) {
        const old = before.find((other) => sameWindow(report, other))
        if (old !== undefined) expect(report.current).toBe(old.current + expected)
      }
    })

    it(`${name}: of many requests at once, a cached gateway admits exactly what the limits leave`, async () => {
      const surplus = roomIn(await limits()) - ROOM
      if (surplus > 0) {
        const full = await limits()
        await clientOf(service).report([{ appId: application.id, usage: { [metric]: surplus } }])
        await untilCounted(limits, full, surplus)
      }
      const before = await limits()
      const gateway = createGateway({
        ...connectionTo(service),
        cache: true,
        usage: { [metric]: 1 },
        credentials: () => credentials,
        referrer: () => referrer,
      })
      onTestFinished(async () => void (await gateway.close()))
      const view = { method: 'GET', url: '/', header: () => undefined }
      const decisions = await Promise.all(Array.from({ length: 3 * ROOM }, async () => await gateway.evaluate(view)))
      const denials = decisions.filter((decision) => decision.outcome === 'deny')
      expect([...new Set(denials.map(({ code }) => code))]).toEqual(['limits_exceeded'])
      expect(await gateway.close()).toMatchObject({ undelivered: {} })
      const admitted = decisions.length - denials.length
      const after = await untilCounted(limits, before, admitted)
      for (const report of after) {
        const old = before.find((other) => sameWindow(report, other))
        // Reports are never limited, so a count may have been above its limit before.
        expect(report.current).toBeLessThanOrEqual(Math.max(report.max, old?.current ?? 0))
      }
      const unchanged = before.every((old) => after.some((report) => sameWindow(report, old)))
      if (unchanged) expect(admitted).toBe(roomIn(before))
    })
  }
})

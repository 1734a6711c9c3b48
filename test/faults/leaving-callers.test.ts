/** Callers that disconnect while the backend is asked: other callers do not notice (law 3, law 10). */
import { describe, expect, it } from 'vitest'
import { contractState } from '../contract/backend.ts'
import type { App } from '../contract/framework.ts'
import { ask, open } from '../contract/wire.ts'
import { eventually } from '../support/eventually.ts'
import { startHoldingBackend } from '../support/holding-backend.ts'
import { responsesTo } from '../support/responses-to.ts'
import { guards, startApp, watchForAccidents } from './guarded-app.ts'

watchForAccidents()

const gone = ({ gateway }: App) => gateway.stats().decisions.client_closed_request

describe.each(guards)('$name', ({ framework, cache }) => {
  it('callers that wait for the same answer are served, the one that left is not', async () => {
    const backend = await startHoldingBackend(contractState())
    const { port, served, app } = await startApp(framework, { backendUrl: backend.url, cache, timeoutMs: 10_000 })
    const responses = responsesTo('/?user_key=')
    const leaver = open(port, { target: '/?user_key=free-key' })
    await eventually(() => backend.held === 1, 'a call on the wire')
    const others = [1, 2, 3].map(() => ask(port, { target: '/?user_key=free-key' }))
    await eventually(() => cache || backend.held === 4, 'the calls of the others')
    leaver.destroy()
    await eventually(() => responses[0]!.closed, 'the end of its connection')
    backend.release()
    expect((await Promise.all(others)).map(({ status }) => status)).toEqual([200, 200, 200])
    await eventually(() => gone(app) === 1, 'the decision about the caller that left')
    expect(served).toHaveLength(3)
  })

  it("law 3: callers that leave do not open the breaker, and are not served under 'allow'", async () => {
    const backend = await startHoldingBackend(contractState())
    const { port, served, app } = await startApp(framework, {
      backendUrl: backend.url,
      cache,
      timeoutMs: 10_000,
      onUnavailable: 'allow',
      breaker: { failures: 1, openMs: 60_000 },
    })
    const responses = responsesTo('/?user_key=')
    const leavers = ['free', 'limited', 'spent'].map((name) => open(port, { target: `/?user_key=${name}-key` }))
    await eventually(() => backend.held === leavers.length, 'their calls on the wire')
    for (const leaver of leavers) leaver.destroy()
    await eventually(() => responses.every(({ closed }) => closed), 'the end of their connections')
    backend.release()
    await eventually(() => gone(app) === leavers.length, 'the decisions about the callers that left')
    // An open breaker would admit any caller.
    expect((await ask(port, { target: '/?user_key=stranger-key' })).status).toBe(403)
    expect(served).toEqual([])
  })
})

/** Callers who go away while the backend is asked: nobody else notices (law 3, law 10). */
import { beforeEach, describe, expect, it } from 'vitest'
import { useEmulator } from '../contract/backend.ts'
import { ask, open } from '../contract/wire.ts'
import { eventually, moment } from '../support/eventually.ts'
import { guards, startApp, watchForAccidents } from './guarded-app.ts'

const backend = useEmulator()
beforeEach(() => {
  backend.emulator.setFaults([{ kind: 'latency', ms: 250, when: 'after' }])
  callsBefore = backend.emulator.calls().length
})
watchForAccidents()

let callsBefore = 0
const onTheWire = () => backend.emulator.calls().length > callsBefore

describe.each(guards)('$name', ({ framework, cache }) => {
  it('trap 15: who waits for the same answer is served, who left is not', async () => {
    const { port, served } = await startApp(framework, { backendUrl: backend.url, cache, timeoutMs: 5000 })
    const leaver = open(port, { target: '/?user_key=free-key' })
    const others = [1, 2, 3].map(() => ask(port, { target: '/?user_key=free-key' }))
    await eventually(onTheWire, 'a call on the wire')
    leaver.destroy()
    expect((await Promise.all(others)).map(({ status }) => status)).toEqual([200, 200, 200])
    await moment()
    expect(served).toHaveLength(3)
  })

  it("law 3: leaving is no reason to open the breaker, nor lets it anybody in under 'allow'", async () => {
    const { port, served } = await startApp(framework, {
      backendUrl: backend.url,
      cache,
      timeoutMs: 5000,
      onUnavailable: 'allow',
      breaker: { failures: 1, openMs: 60_000 },
    })
    const leavers = ['free', 'limited', 'spent'].map((name) => open(port, { target: `/?user_key=${name}-key` }))
    await eventually(onTheWire, 'a call on the wire')
    for (const leaver of leavers) leaver.destroy()
    await moment()
    backend.emulator.setFaults([])
    // An open breaker would let in whoever comes.
    expect((await ask(port, { target: '/?user_key=stranger-key' })).status).toBe(403)
    await eventually(() => backend.emulator.calls().length >= callsBefore + 1, 'the calls')
    expect(served).toEqual([])
  })
})

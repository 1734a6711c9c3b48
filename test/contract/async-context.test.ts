/** Callbacks about a request run in the async context of that request, in every framework. */
import { AsyncLocalStorage } from 'node:async_hooks'
import { createServer } from 'node:http'
import type { GatewayOptions, RequestView } from '@threescale/core'
import { describe, expect, it, onTestFinished } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { closeServer, listenOnLoopback } from '../support/listening.ts'
import { SERVICE, TOKEN, useEmulator } from './backend.ts'
import { frameworksAndFetch } from './frameworks/all.ts'
import { ask } from './wire.ts'

const backend = useEmulator()
const requests = new AsyncLocalStorage<string>()

describe.each(
  frameworksAndFetch.flatMap((framework) => [false, true].map((cache) => ({ framework, cache, name: framework.name }))),
)('$name, cache $cache', ({ framework, cache }) => {
  it('law 17: skip, usage, onDeny, the handler and usageAfter run in the context of the request', async () => {
    /** By target: each callback, and the context in which it ran. */
    const seen: Record<string, string[]> = {}
    const note = (what: string, url: string) => {
      seen[url] = [...(seen[url] ?? []), `${what} in ${requests.getStore()}`]
    }
    const noting =
      <Value>(what: string, value: Value) =>
      (view: RequestView) => {
        note(what, view.url)
        return value
      }
    const guard: GatewayOptions = {
      serviceId: SERVICE,
      serviceToken: TOKEN,
      backendUrl: backend.url,
      cache,
      timeoutMs: 10_000,
      skip: noting('skip', false),
      usage: noting('usage', { hits: 1 }),
      usageAfter: noting('usageAfter', {}),
    }
    const app = await framework.create({
      guard,
      onDeny(denied, call) {
        note('onDeny', call.originalUrl)
        call.send(denied.status, 'denied')
      },
      routes: {
        '/words': (call) => {
          note('handler', call.originalUrl)
          call.send(200, 'served')
        },
      },
    })
    let count = 0
    const server = createServer((request, response) => {
      count += 1
      requests.run(`${request.url}`, () => app.dispatch(request, response))
    })
    const port = await listenOnLoopback(server)
    onTestFinished(async () => {
      await closeServer(server)
      await app.close()
    })
    // Twice, so that the second round is decided from memory where there is a cache; at once, so that calls are shared.
    for (const round of [1, 2]) {
      await Promise.all([1, 2, 3].map((id) => ask(port, { target: `/words?user_key=free-key&id=${round}.${id}` })))
      await Promise.all([1, 2].map((id) => ask(port, { target: `/words?user_key=wrong&id=${round}.${id}` })))
    }
    await eventually(() => Object.values(seen).flat().length === 6 * 4 + 4 * 3, 'all callbacks')
    for (const [url, callbacks] of Object.entries(seen)) {
      const expected = url.includes('free-key')
        ? ['skip', 'usage', 'handler', 'usageAfter']
        : ['skip', 'usage', 'onDeny']
      expect(callbacks).toEqual(expected.map((what) => `${what} in ${url}`))
    }
    expect(count).toBe(10)
  })
})

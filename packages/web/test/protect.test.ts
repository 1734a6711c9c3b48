/** What becomes of a response of the Fetch API; test/contract has what all adapters promise. */
import { threescale, type WebView } from '@threescale/web'
import { describe, expect, it } from 'vitest'
import { allow, denied, scriptGateway } from '../../../test/contract/scripted-gateway.ts'

const URL_OF_WORDS = 'http://api.example/words?user_key=k'

function guarded(script: Parameters<typeof scriptGateway>[0] = () => allow()) {
  const gateway = scriptGateway(script)
  return { gateway, guard: threescale(gateway as never) }
}

/** Chunks of three bytes, then what `end` does. */
function streamOf(chunks: number, end: (controller: ReadableStreamDefaultController) => void): ReadableStream {
  let left = chunks
  return new ReadableStream({
    pull(controller) {
      if (left-- > 0) controller.enqueue(new TextEncoder().encode('abc'))
      else end(controller)
    },
  })
}
const closing = (controller: ReadableStreamDefaultController) => controller.close()

describe('protect', () => {
  it('settles when the last byte of a stream was read, with status, fields and length', async () => {
    const { gateway, guard } = guarded()
    const answer = () => new Response(streamOf(2, closing), { status: 201, headers: { 'x-tokens': '7' } })
    const response = await guard.protect(new Request(URL_OF_WORDS), answer)
    expect(gateway.settled).toEqual([])
    expect([response.status, await response.text()]).toEqual([201, 'abcabc'])
    const [{ response: seen }] = gateway.settled as [(typeof gateway.settled)[0]]
    expect([gateway.settled.length, seen.status, seen.finished, seen.bytesWritten]).toEqual([1, 201, true, 6])
    expect([seen.header('x-tokens'), seen.header('x-none')]).toEqual(['7', undefined])
  })

  it('reads nothing ahead of the server', async () => {
    let pulled = 0
    const source = new ReadableStream(
      { pull: (controller) => controller.enqueue(new Uint8Array(++pulled)) },
      { highWaterMark: 0 },
    )
    const response = await guarded().guard.protect(new Request(URL_OF_WORDS), () => new Response(source))
    expect(pulled).toBe(0)
    await response.body!.cancel()
  })

  it.each<[string, (response: Response, leave: () => void) => Promise<unknown>]>([
    ['cancels it', (response) => response.body!.cancel('left')],
    ['leaves', async (_response, leave) => leave()],
  ])('settles a stream as unfinished if the client %s, and once', async (_, end) => {
    const { gateway, guard } = guarded()
    const client = new AbortController()
    let cancelled: unknown
    const source = streamOf(9, closing)
    const stream = new ReadableStream({
      async pull(controller) {
        controller.enqueue((await reader.read()).value)
      },
      cancel(reason) {
        cancelled = reason
      },
    })
    const reader = source.getReader()
    const response = await guard.protect(
      new Request(URL_OF_WORDS, { signal: client.signal }),
      () => new Response(stream),
    )
    const reading = response.body!.getReader()
    await reading.read()
    reading.releaseLock()
    await end(response, () => client.abort())
    expect(gateway.settled.map(({ response: { finished, bytesWritten } }) => [finished, bytesWritten])).toEqual([
      [false, 3],
    ])
    if (!client.signal.aborted) expect(cancelled).toBe('left')
    client.abort()
    expect(gateway.settled).toHaveLength(1)
  })

  it('settles a stream as unfinished if it fails, and passes the failure on', async () => {
    const { gateway, guard } = guarded()
    const broken = streamOf(1, (controller) => controller.error(new Error('broken stream')))
    const response = await guard.protect(new Request(URL_OF_WORDS), () => new Response(broken))
    await expect(response.text()).rejects.toThrow('broken stream')
    expect(gateway.settled.map(({ response: { finished } }) => finished)).toEqual([false])
  })

  it.each([
    ['a response without a body', 'GET', () => new Response(null, { status: 204 })],
    ['a response to HEAD', 'HEAD', () => new Response('body', { status: 200 })],
  ])('settles %s at once', async (_, method, answer) => {
    const { gateway, guard } = guarded()
    await guard.protect(new Request(URL_OF_WORDS, { method }), answer)
    expect(gateway.settled.map(({ response }) => [response.finished, response.bytesWritten])).toEqual([[true, 0]])
  })

  it('settles with 500 if the handler throws, and passes that on', async () => {
    const { gateway, guard } = guarded()
    const failing = guard.protect(new Request(URL_OF_WORDS), () => {
      throw new Error('broken handler')
    })
    await expect(failing).rejects.toThrow('broken handler')
    expect(gateway.settled.map(({ response }) => response.status)).toEqual([500])
  })

  it('runs no handler for a client that left while the gateway decided', async () => {
    const client = new AbortController()
    const { gateway, guard } = guarded(async () => {
      client.abort()
      return allow()
    })
    const request = new Request(URL_OF_WORDS, { signal: client.signal })
    const response = await guard.protect(request, () => expect.unreachable())
    expect([response.status, gateway.settled.map(({ response: { finished } }) => finished)]).toEqual([499, [false]])
  })

  it('settles while a handler runs that its client has left', async () => {
    const { gateway, guard } = guarded()
    const client = new AbortController()
    const running = guard.protect(new Request(URL_OF_WORDS, { signal: client.signal }), async () => {
      client.abort()
      expect(gateway.settled.map(({ response: { finished } }) => finished)).toEqual([false])
      return new Response('late')
    })
    expect(await (await running).text()).toBe('late')
    expect(gateway.settled).toHaveLength(1)
  })

  it("adds the gateway's fields to any response, and keeps the handler's own", async () => {
    const { guard } = guarded(() => allow({ headers: { ratelimit: '"hits";r=2', 'x-own': 'gateway' } }))
    const answer = () => new Response('served', { headers: { 'x-own': 'handler' } })
    const { headers } = await guard.protect(new Request(URL_OF_WORDS), answer)
    expect([headers.get('ratelimit'), headers.get('x-own')]).toEqual(['"hits";r=2', 'handler'])
  })

  it('answers a denial with its status, fields and bytes', async () => {
    const response = await guarded(() => denied()).guard.protect(new Request(URL_OF_WORDS), () => expect.unreachable())
    expect([response.status, await response.text()]).toEqual([429, denied().body])
    expect(Object.fromEntries(response.headers)).toMatchObject(denied().headers)
  })

  it('throws a denial with status and fields, or answers as onDeny does', async () => {
    const gateway = scriptGateway(() => denied()) as never
    const next = () => expect.unreachable()
    const throwing = threescale(gateway, { onDeny: 'throw' }).protect(new Request(URL_OF_WORDS), next)
    await expect(throwing).rejects.toMatchObject({ status: 429, headers: { 'retry-after': '7' } })
    const onDeny = ({ code }: { code: string }) => new Response(code, { status: 418 })
    const own = await threescale(gateway, { onDeny }).protect(new Request(URL_OF_WORDS), next)
    expect([own.status, await own.text()]).toEqual([418, 'limits_exceeded'])
    const nothing = await threescale(gateway, { onDeny: () => undefined }).protect(new Request(URL_OF_WORDS), next)
    expect(nothing.status).toBe(429)
  })

  it('law 14: met twice on one request, a gateway counts once', async () => {
    const { gateway, guard } = guarded()
    const inner = () => new Response('served')
    const response = await guard.protect(new Request(URL_OF_WORDS), (_allowed, request) =>
      guard.protect(request, inner),
    )
    expect(await response.text()).toBe('served')
    expect([gateway.asked.length, gateway.settled.length]).toEqual([1, 1])
  })

  it('hands on another request after stripping, with the body', async () => {
    const { guard } = guarded((view) => {
      view.setUrl?.('//words?page=2')
      view.removeHeader?.('x-key')
      return allow()
    })
    const request = new Request('http://api.example//words?user_key=k&page=2', {
      method: 'POST',
      body: 'text',
      headers: { 'x-key': 'k' },
    })
    const response = await guard.protect(request, async (_allowed, passed) =>
      Response.json([passed.url, passed.headers.get('x-key'), await passed.text()]),
    )
    expect(await response.json()).toEqual(['http://api.example//words?page=2', null, 'text'])
  })

  it('shows the target, the host and the fields of the request', async () => {
    const { gateway, guard } = guarded()
    const request = new Request('http://api.example:8080/a%20b?user_key=k', {
      headers: { host: 'public.example', a: 'b' },
    })
    await guard.protect(request, () => new Response(null))
    const view = gateway.asked[0] as WebView
    expect([view.method, view.url, view.host, view.header('a'), view.header('b'), view.request]).toEqual([
      'GET',
      '/a%20b?user_key=k',
      'public.example',
      'b',
      undefined,
      request,
    ])
  })
})

describe('wrap', () => {
  it('calls a handler with its own arguments and the decision', async () => {
    const { guard } = guarded()
    const handler = guard.wrap(async (_request: Request, context: { params: Promise<{ word: string }> }, allowed) =>
      Response.json([(await context.params).word, allowed?.plan]),
    )
    const response = await handler(new Request(URL_OF_WORDS), { params: Promise.resolve({ word: 'x' }) })
    expect(await response.json()).toEqual(['x', 'basic'])
  })

  it("uses a route's own settings", async () => {
    const { gateway, guard } = guarded((_view, route) => (route === undefined ? allow() : denied()))
    const handler = guard.with({ usage: { hits: 3 } }).wrap(() => new Response('served'))
    expect((await handler(new Request(URL_OF_WORDS), {})).status).toBe(429)
    expect(gateway.routes).toEqual([{ usage: { hits: 3 } }])
  })

  it('lets a skipped request through without a decision', async () => {
    const { guard } = guarded(() => ({ outcome: 'skip' }))
    const handler = guard.wrap((_request, _context, allowed) => new Response(String(allowed)))
    expect(await (await handler(new Request(URL_OF_WORDS), {})).text()).toBe('undefined')
  })
})

import type { EmulatorState } from '@threescale/emulator'
import { describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { eventually } from '../support/eventually.ts'
import { startExample } from './running-example.ts'

describe('the llm-tokens example', () => {
  it('counts the tokens of a streamed answer after its end', async () => {
    const example = await startExample('llm-tokens', '2555417')
    const answer = await fetch(`${example.url}/chat?user_key=good-key&prompt=one+two+three`)
    const text = await answer.text()
    expect([answer.status, text.match(/data: /g)?.length]).toEqual([200, 4])
    await example.stop()
    expect(example.used('2555417', 'good', 'tokens')).toBe(3)
    expect(example.used('2555417', 'good', 'hits')).toBe(1)
  })

  it('counts what was produced for a client that disconnected early', async () => {
    const example = await startExample('llm-tokens', '2555417')
    const controller = new AbortController()
    const prompt = 'word+'.repeat(400)
    const answer = await fetch(`${example.url}/chat?user_key=good-key&prompt=${prompt}`, { signal: controller.signal })
    await answer.body?.getReader().read()
    controller.abort()
    await example.stop()
    expect(example.used('2555417', 'good', 'tokens')).toBeGreaterThan(0)
    expect(example.used('2555417', 'good', 'tokens')).toBeLessThan(400)
  })
})

describe('a limit on the tokens of the llm-tokens example', () => {
  it('binds: of requests for 60 tokens each, one after the other, the third is denied by a limit of 100', async () => {
    const state: EmulatorState = {
      services: [
        {
          id: 'chat',
          backend_version: '1',
          service_tokens: ['demo-token'],
          metrics: [
            { id: '1', name: 'hits' },
            { id: '2', name: 'tokens' },
          ],
          plans: [{ id: 'free', name: 'Free', limits: [{ metric: 'tokens', period: 'day', value: 100 }] }],
          applications: [{ id: 'a1', plan: 'free', user_keys: ['k1'] }],
        },
      ],
    }
    const example = await startExample('llm-tokens', 'chat', {}, state)
    const chat = () => fetch(`${example.url}/chat?user_key=k1&prompt=${'word+'.repeat(59)}word`)
    for (const counted of [60, 120]) {
      const answer = await chat()
      expect([answer.status, (await answer.text()).includes('[DONE]')]).toEqual([200, true])
      await eventually(() => example.used('chat', 'a1', 'tokens') === counted, `${counted} tokens counted`)
    }
    expect((await chat()).status).toBe(429)
    await example.stop()
  })
})

describe('the websocket example', () => {
  it('upgrades callers that 3scale knows, counts their messages, and answers others with a plain denial', async () => {
    const example = await startExample('websocket', '2555417')
    const origin = example.url.replace('http', 'ws')
    const refused = new WebSocket(`${origin}/?user_key=wrong`)
    const [, response] = await new Promise<[unknown, { statusCode?: number; headers: object }]>((resolve) =>
      refused.once('unexpected-response', (...given) => resolve(given as never)),
    )
    expect(response).toMatchObject({ statusCode: 403, headers: { 'content-type': 'application/problem+json' } })

    const socket = new WebSocket(`${origin}/?user_key=good-key`)
    const said: string[] = []
    socket.on('message', (data) => said.push(String(data)))
    await new Promise((resolve) => socket.once('open', resolve))
    socket.send('one')
    socket.send('two')
    await eventually(() => said.length === 2, 'two answers')
    await example.stop()
    expect(example.used('2555417', 'good', 'lookup')).toBe(2)
    // One hit for the connection; a lookup is a hit too.
    expect(example.used('2555417', 'good', 'hits')).toBe(3)
  })
})

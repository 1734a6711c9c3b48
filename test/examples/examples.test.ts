import { afterEach, describe, expect, it } from 'vitest'
import { type RunningExample, runExample } from './running-example.ts'

const running: RunningExample[] = []
afterEach(async () => {
  for (const example of running.splice(0)) expect(await example.stop()).toBe(0)
})

async function start(...given: Parameters<typeof runExample>): Promise<RunningExample> {
  const example = await runExample(...given)
  running.push(example)
  return example
}

const basic = (id: string, key: string) => ({
  authorization: `Basic ${Buffer.from(`${id}:${key}`).toString('base64')}`,
})
const todays = ({ emulator }: RunningExample, service: string, application: string, metric: string) =>
  emulator.usage()[service]?.[application]?.[metric]?.day ?? 0

describe.each([
  {
    name: 'express',
    lookups: 3,
    service: '2555417',
    app: 'unlimited',
    good: '?user_key=unlimited-key',
    bad: '?user_key=x',
    headers: {},
    wrong: {},
  },
  {
    name: 'fastify',
    lookups: 1 + 3,
    service: '2555417',
    app: 'unlimited',
    good: '?user_key=unlimited-key',
    bad: '?user_key=x',
    headers: {},
    wrong: {},
  },
  {
    name: 'koa',
    lookups: 3,
    service: '2555418',
    app: 'unlimited-app',
    good: '',
    bad: '',
    headers: basic('unlimited-app', 'unlimited-app-key'),
    wrong: basic('unlimited-app', 'x'),
  },
])('the $name example', ({ name, service, app, good, bad, headers, wrong, lookups }) => {
  it('serves only callers that 3scale knows, and everything is counted after it has stopped', async () => {
    const example = await start(name, service)
    const { url } = example
    const answer = await fetch(`${url}/words/hello${good}`, { headers })
    expect(answer.status).toBe(200)
    expect(await answer.json()).toEqual({ word: 'hello', plan: 'Unlimited' })
    expect((await fetch(`${url}/words/hello`)).status).toBe(401)
    expect((await fetch(`${url}/words/hello${bad}`, { headers: wrong })).status).toBe(403)
    expect(await (await fetch(`${url}/health`)).text()).toBe('ok')
    expect((await fetch(`${url}/explain/words/hello${good}`, { headers })).status).not.toBe(200)

    expect((await fetch(`${url}/thesaurus/hello${good}`, { headers })).status).toBe(200)
    expect(await running.pop()?.stop()).toBe(0)
    expect(todays(example, service, app, 'lookup')).toBe(lookups)
  })

  it('explains requests at the documented path, and counts nothing for it', async () => {
    const example = await start(name, service, { EXPLAIN: '1' })
    const text = await (await fetch(`${example.url}/explain/words/hello${good}`, { headers })).text()
    expect(text).toContain(service)
    expect(text).toContain('hits')
    expect(text).not.toMatch(/demo-token|unlimited-key|unlimited-app-key/)
    expect(todays(example, service, app, 'hits')).toBe(0)
  })
})

import { describe, expect, it } from 'vitest'
import { startExample } from './running-example.ts'

const basic = (id: string, key: string) => ({
  authorization: `Basic ${Buffer.from(`${id}:${key}`).toString('base64')}`,
})
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
    name: 'hono',
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
    const example = await startExample(name, service)
    const { url } = example
    const answer = await fetch(`${url}/words/hello${good}`, { headers })
    expect(answer.status).toBe(200)
    expect(await answer.json()).toEqual({ word: 'hello', plan: 'Unlimited' })
    expect((await fetch(`${url}/words/hello`)).status).toBe(401)
    expect((await fetch(`${url}/words/hello${bad}`, { headers: wrong })).status).toBe(403)
    expect(await (await fetch(`${url}/health`)).text()).toBe('ok')
    expect((await fetch(`${url}/explain/words/hello${good}`, { headers })).status).not.toBe(200)

    expect((await fetch(`${url}/thesaurus/hello${good}`, { headers })).status).toBe(200)
    await example.stop()
    expect(example.used(service, app, 'lookup')).toBe(lookups)
  })

  it('explains requests at the documented path, and counts nothing for it', async () => {
    const example = await startExample(name, service, { EXPLAIN: '1' })
    const text = await (await fetch(`${example.url}/explain/words/hello${good}`, { headers })).text()
    expect(text).toContain(service)
    expect(text).toContain('hits')
    expect(text).not.toMatch(/demo-token|unlimited-key|unlimited-app-key/)
    expect(example.used(service, app, 'hits')).toBe(0)
  })
})

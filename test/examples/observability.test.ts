import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { describe, expect, it } from 'vitest'
import { startExample } from './running-example.ts'

const dashboard = readFileSync(new URL('../../examples/observability/grafana/threescale.json', import.meta.url), 'utf8')

/** A port that was free a moment ago. */
async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  await new Promise((resolve) => void server.close(resolve))
  return port
}

describe('the observability example', () => {
  it('serves the numbers that its dashboard shows, on a port of their own', async () => {
    const port = await freePort()
    const { url } = await startExample('observability', '2555417', { METRICS_PORT: String(port) })
    for (const key of ['good-key', 'unlimited-key', 'wrong-key']) await fetch(`${url}/words/hello?user_key=${key}`)
    const answer = await fetch(`http://127.0.0.1:${port}/metrics`)
    const numbers = await answer.text()
    expect(answer.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/)
    expect(numbers).toContain('threescale_decisions_total{outcome="allow",code=""} 2\n')
    expect(numbers).toContain('threescale_decisions_total{outcome="deny",code="user_key_invalid"} 1\n')
    expect(numbers).not.toMatch(/good-key|demo-token/)

    const served = new Set(numbers.match(/^threescale_\w+/gm))
    const shown = [...new Set(dashboard.match(/threescale_\w+/g))]
    expect(shown.length).toBeGreaterThan(8)
    expect(shown.filter((name) => !served.has(name))).toEqual([])
    expect((await fetch(`${url}/metrics`)).status).toBe(401)
  })
})

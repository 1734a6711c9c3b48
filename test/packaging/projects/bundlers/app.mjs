import { createServer } from 'node:http'
import { createGateway } from '@threescale/core'
import threescale, { viewOf } from '@threescale/express'

const guard = threescale({
  serviceId: '2555417',
  serviceToken: 'demo-token',
  timeoutMs: 10_000,
  backendUrl: process.env.BACKEND_URL,
})
const server = createServer((request, response) => {
  guard(request, response, () => response.end(request.threescale.plan))
}).listen(0, async () => {
  const answers = []
  for (const key of ['unlimited-key', 'no-such-key']) {
    const answer = await fetch(`http://127.0.0.1:${server.address().port}/?user_key=${key}`)
    answers.push(answer.status)
  }
  console.log(JSON.stringify([...answers, typeof createGateway, typeof viewOf]))
  server.close()
  await guard.gateway.close()
})

const express = require('express')
const threescale = require('@threescale/express')

const guard = threescale({
  serviceId: '2555417',
  serviceToken: 'demo-token',
  timeoutMs: 10_000,
  backendUrl: process.env.BACKEND_URL,
})
const app = express().use(guard)
app.get('/', (request, response) => response.send(request.threescale.plan))
const server = app.listen(0, async () => {
  const answers = []
  for (const key of ['unlimited-key', 'no-such-key']) {
    const answer = await fetch(`http://127.0.0.1:${server.address().port}/?user_key=${key}`)
    answers.push(answer.status)
  }
  const { createGateway } = require('@threescale/core')
  console.log(JSON.stringify([...answers, typeof createGateway, typeof threescale.viewOf]))
  server.close()
  await guard.gateway.close()
})

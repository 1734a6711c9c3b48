// A CommonJS app on Express 4, as many servers still are.
const express = require('express')
const { once } = require('node:events')
const threescale = require('@threescale/express')
const web = require('@threescale/web')
const { createEmulator } = require('@threescale/emulator')

async function main() {
  const emulator = createEmulator()
  const backendUrl = await emulator.listen({ port: 0 })
  const app = express()
  const protect = threescale({ serviceId: '2555417', serviceToken: 'demo-token', timeoutMs: 10_000, backendUrl })
  app.use(protect)
  app.get('/', (req, res) => res.json({ plan: req.threescale.plan }))
  const server = app.listen(0)
  await once(server, 'listening')

  const answers = []
  for (const key of ['unlimited-key', 'no-such-key']) {
    const answer = await fetch(`http://127.0.0.1:${server.address().port}/?user_key=${key}`)
    answers.push(`${answer.status} ${await answer.text()}`)
  }
  console.log(
    JSON.stringify({
      functions: [threescale.threescale === threescale, threescale.default === threescale, web.threescale === web],
      answers,
    }),
  )
  server.close()
  await protect.gateway.close()
  await emulator.close()
}

main().catch((error) => {
  console.error(error)
  process.exit(1)
})

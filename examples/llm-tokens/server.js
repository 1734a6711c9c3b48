// Meters the tokens of a language model's answer while it is streamed, so that a limit on tokens binds. Environment:
// THREESCALE_SERVICE_ID, THREESCALE_SERVICE_TOKEN, PORT (default 8080), THREESCALE_BACKEND_URL (default: 3scale's own).
import { threescale } from '@threescale/express'
import express from 'express'

const protect = threescale({
  serviceId: process.env.THREESCALE_SERVICE_ID,
  serviceToken: process.env.THREESCALE_SERVICE_TOKEN,
  backendUrl: process.env.THREESCALE_BACKEND_URL,
  // Counts one hit. Tokens with 0 ask whether the limit is passed already, and count none.
  usage: { hits: 1, tokens: 0 },
})

const app = express()
app.use(protect)

app.get('/chat', async (request, response) => {
  response.type('text/event-stream')
  for await (const { text, tokens } of model(String(request.query.prompt ?? ''))) {
    // Counted at once, even if the client has just left: the model has worked for it.
    request.threescale?.addUsage({ tokens })
    if (response.destroyed) return
    response.write(`data: ${JSON.stringify({ text })}\n\n`)
  }
  response.end('data: [DONE]\n\n')
})

/** Stands in for a model: repeats the prompt word by word, and each word is one token. */
async function* model(prompt) {
  for (const word of prompt.split(' ')) {
    await new Promise((resolve) => setTimeout(resolve, 10))
    yield { text: word, tokens: 1 }
  }
}

const server = app.listen(Number(process.env.PORT ?? 8080), '127.0.0.1', (error) => {
  if (error) throw error
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address())
  console.log(`http://127.0.0.1:${port}`)
})

// Requests under way end, streams are cut after two seconds, and the gateway reports what all of them have used.
const stop = () => {
  server.close()
  setTimeout(() => server.closeAllConnections(), 2000).unref()
  return protect.gateway.close()
}
process.on('SIGTERM', stop).on('SIGINT', stop)

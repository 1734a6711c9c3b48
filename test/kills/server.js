// A guarded Express app with a journal, which tests kill. Settings come as JSON in the first argument.

import { channel } from 'node:diagnostics_channel'
import { writeSync } from 'node:fs'
import express from 'express'
import threescale from '../../packages/express/dist/index.js'
import { fileJournal } from '../../packages/journal/dist/index.js'

const { directory, backendUrl, ambiguous, maxBytes, intervalMs = 20, diesAtTakeOver } = JSON.parse(process.argv[2])

/** Says one thing on a line of its own, in one write, so that it is said even when the process is killed next. */
const say = (what) => writeSync(1, `${JSON.stringify(what)}\n`)

channel('threescale:loss').subscribe(({ reason, usage }) => say({ lost: reason, hits: usage.hits ?? 0 }))
let takenOver = 0
channel('threescale:journal').subscribe(({ event, records, code }) => {
  say({ journal: event, records, code })
  if (event === 'recovered' && ++takenOver === diesAtTakeOver) process.kill(process.pid, 'SIGKILL')
})

/** A journal that says how much is sent a second time, because no answer told whether it was counted. */
const { open } = fileJournal({ directory, maxBytes })
const journal = {
  open: async (host) => {
    const writer = await open(host)
    const settle = writer.settle.bind(writer)
    writer.settle = (batch, to) => {
      if (to === 'resent') say({ resent: hitsOf(batch) })
      settle(batch, to)
    }
    return writer
  },
}

/** Nothing but hits is counted here. */
function hitsOf({ rows }) {
  let hits = 0
  for (const { row } of rows) row.each((_, amount) => (hits += amount))
  return hits
}

const protect = threescale({
  serviceId: '2555417',
  serviceToken: 'demo-token',
  backendUrl,
  cache: { ttlMs: 100, staleMs: 60_000, settleMs: 150 },
  report: { intervalMs, ambiguous },
  journal,
  breaker: false,
  timeoutMs: 2000,
})
const app = express()
app.get('/stats', (_, res) => res.json(protect.gateway.stats()))
app.use(protect)
app.get('/', (_, res) => res.send('ok'))
const server = app.listen(0, '127.0.0.1', () => say({ port: server.address().port }))
process.once('SIGTERM', () => {
  server.close()
  server.closeAllConnections()
  protect.gateway.close().then(({ undelivered }) => {
    say({ undelivered })
    process.exit(0)
  })
})

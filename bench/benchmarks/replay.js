// @ts-check
/** Measures how long the usage of a dead process takes to be taken over, and how long the event loop stands still. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileJournal } from '@threescale/journal'
import { createAnswers } from '../backend/answers.js'
import { gatewayThrough, NEVER_REFRESHED } from '../backend/gateway.js'
import { applicationId, SERVICE_ID, userKey } from '../backend/provider.js'
import { row } from '../measure/row.js'

const RECORDS = 100_000

/** @type {import('./index.js').Benchmark} */
export async function replay({ rounds }) {
  const seconds = []
  const stalls = []
  for (let round = 0; round < Math.min(rounds, 9); round += 1) {
    const directory = mkdtempSync(join(tmpdir(), 'threescale-bench-'))
    try {
      await leaveUsage(directory)
      const { took, longestTurn } = await takeOver(directory)
      seconds.push(took)
      stalls.push(longestTurn)
    } finally {
      rmSync(directory, { recursive: true, force: true })
    }
  }
  const records = RECORDS.toLocaleString('en')
  return {
    rows: [
      row(`taking over ${records} records of as many applications`, seconds, { unit: 's' }),
      row('the longest turn of the event loop meanwhile', stalls, { unit: 'ms', max: 15 }),
    ],
  }
}

/** @param {string} directory */
async function leaveUsage(directory) {
  const service = { id: SERVICE_ID, metrics: { nameOf: () => 'hits' } }
  /** @type {{ id: string, service: typeof service }[]} */
  const applications = []
  const time = Date.now()
  const rows = [
    { minute: time, resent: false, each: (/** @type {(slot: number, amount: number) => void} */ visit) => visit(0, 1) },
  ]
  const host = {
    services: [SERVICE_ID],
    backend: new URL('https://su1.3scale.net').host,
    keepMs: 0,
    now: Date.now,
    unsettled: () => applications.map((application) => ({ application, waiting: rows, maybeCounted: [], sent: [] })),
    recover: () => {},
    recoverBatch: () => ({}),
    tell: () => {},
  }
  const writer = await fileJournal({ directory, maxBytes: 2 ** 34 }).open(host)
  for (let index = 0; index < RECORDS; index += 1) {
    const application = { id: applicationId(index), service }
    applications.push(application)
    writer.book(application, { slots: [0], amounts: [1] }, time)
  }
  await writer.close()
}

/** @param {string} directory */
async function takeOver(directory) {
  const gateway = gatewayThrough(createAnswers({ limitCount: 3 }), {
    cache: { ...NEVER_REFRESHED, maxApplications: 2 * RECORDS },
    report: { intervalMs: 3_600_000, maxPending: 10_000_000 },
    journal: fileJournal({ directory, maxBytes: 2 ** 34 }),
  })
  let longestTurn = 0
  let last = performance.now()
  let running = true
  const turn = () => {
    const now = performance.now()
    longestTurn = Math.max(longestTurn, now - last)
    last = now
    if (running) setImmediate(turn)
  }
  setImmediate(turn)
  const began = performance.now()
  const view = { method: 'GET', url: `/?user_key=${userKey(0)}`, header: () => undefined }
  await gateway.evaluate(view)
  const took = (performance.now() - began) / 1000
  running = false
  const longest = longestTurn
  const { recovered } = gateway.stats().journal ?? { recovered: 0 }
  const { pending = 0 } = gateway.stats().usage.hits ?? {}
  if (recovered !== 1 || pending < RECORDS) throw new Error(`taken over: ${recovered}, ${pending} hits`)
  await gateway.close({ timeoutMs: 1 })
  return { took, longestTurn: longest }
}

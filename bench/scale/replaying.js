// @ts-check
/** Scenario: a process takes over the usage that a dead one has left in its journal. */
import { subscribe } from 'node:diagnostics_channel'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileJournal } from '@threescale/journal'
import { createAnswers } from '../backend/answers.js'
import { gatewayThrough, NEVER_REFRESHED } from '../backend/gateway.js'
import { applicationId, SERVICE_ID, userKey } from '../backend/provider.js'
import { longestTurn } from '../measure/longest-turn.js'

const RECORDS = 100_000
const APPLICATIONS = 10_000
const VIEW = { method: 'GET', url: `/?user_key=${userKey(0)}`, header: () => undefined }

/** Takes over 100,000 records of 10,000 applications. */
export async function replay() {
  const directory = mkdtempSync(join(tmpdir(), 'threescale-bench-'))
  try {
    await warmUp(join(directory, 'before'))
    await leaveUsage(join(directory, 'dead'))
    return await takeOver(join(directory, 'dead'))
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

/**
 * Serves one request, because the first one of a process loads and compiles code, which is the business of `start`.
 *
 * @param {string} directory
 */
async function warmUp(directory) {
  const gateway = gatewayThrough(createAnswers({ limitCount: 3 }), { journal: fileJournal({ directory }) })
  await gateway.evaluate(VIEW)
  await gateway.close()
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
    applicationOf: (/** @type {string | undefined} */ _service, /** @type {string} */ id) => ({ id, service }),
    recover: () => {},
    recoverBatch: () => ({ rows: [] }),
    tell: () => {},
  }
  const writer = await fileJournal({ directory, maxBytes: 2 ** 34 }).open(host)
  for (let index = 0; index < APPLICATIONS; index += 1) applications.push({ id: applicationId(index), service })
  for (let record = 0; record < RECORDS; record += 1) {
    // Minutes of the last hours, so that each record of an application is a row of its own.
    const minute = time - Math.floor(record / APPLICATIONS) * 60_000
    const application = /** @type {{ id: string, service: typeof service }} */ (applications[record % APPLICATIONS])
    writer.book(application, { slots: [0], amounts: [1] }, minute)
  }
  await writer.close()
}

/** @param {string} directory */
async function takeOver(directory) {
  const gateway = gatewayThrough(createAnswers({ limitCount: 3 }), {
    cache: { ...NEVER_REFRESHED, maxApplications: 2 * APPLICATIONS },
    report: { intervalMs: 3_600_000, maxPending: 10_000_000 },
    journal: fileJournal({ directory, maxBytes: 2 ** 34 }),
  })
  const turn = await longestTurn(async () => {
    const recovered = new Promise((resolve) => {
      subscribe('threescale:journal', (message) => {
        if (/** @type {{ event: string }} */ (message).event === 'recovered') resolve(undefined)
      })
    })
    await gateway.evaluate(VIEW)
    // Requests wait for five seconds at most.
    await recovered
  })
  const { pending = 0 } = gateway.stats().usage.hits ?? {}
  if (pending < RECORDS) throw new Error(`taken over: ${pending} hits`)
  await gateway.close({ timeoutMs: 1 })
  return turn
}

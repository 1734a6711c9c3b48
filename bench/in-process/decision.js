// @ts-check
/** Scenario: decisions of one gateway in this process. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileJournal } from '@threescale/journal'
import { createAnswers } from '../backend/answers.js'
import { gatewayThrough, NEVER_REFRESHED } from '../backend/gateway.js'
import { appKey, applicationId, mappingRules, pathOf, userKey } from '../backend/provider.js'

/**
 * @param {object} settings
 * @param {number} [settings.applications]
 * @param {number} [settings.rules]
 * @param {number} [settings.limitCount]
 * @param {'query' | 'headers' | 'authorization'} [settings.location]
 * @param {'userKey' | 'appId'} [settings.kind]
 * @param {'hit' | 'denied' | 'miss' | 'no-rule'} [settings.outcome]
 * @param {false | 'denied' | 'all'} [settings.rateLimitHeaders]
 * @param {boolean} [settings.settle] also settle each decision, as `@threescale/web` does
 * @param {boolean} [settings.journal] also write each admission to a journal on the disk of temporary files
 * @param {boolean} [settings.readHeaders] also read the decision's headers, as adapters do
 * @returns {Promise<import('./worker.js').Scenario>}
 */
export async function prepare({
  applications = 1000,
  rules = 100,
  limitCount = 3,
  location = 'query',
  kind = 'userKey',
  outcome = 'hit',
  rateLimitHeaders = 'denied',
  settle = false,
  readHeaders = false,
  journal = false,
}) {
  const answers = createAnswers({
    limitCount,
    limitMax: outcome === 'denied' ? 1 : undefined,
    appKeys: kind === 'appId' ? [appKey(0)] : [],
  })
  const gateway = gatewayThrough(answers, {
    credentials: { kind, in: [location] },
    mappingRules: mappingRules(rules),
    rateLimitHeaders,
    // No refreshes, because they would never get a turn of the event loop here; the simulations count them.
    cache: {
      ...NEVER_REFRESHED,
      maxApplications: outcome === 'miss' ? 16_777_216 : applications + 1,
    },
    report: { intervalMs: 3_600_000, maxPending: 10_000_000 },
    ...(journal && { journal: temporaryJournal() }),
  })
  const views = Array.from({ length: applications }, (_, application) =>
    viewOf(application, rules, location, kind, outcome),
  )
  if (outcome === 'miss') return { asynchronous: true, step: missing(gateway, rules) }
  // Four callers at once stay far below all bounds.
  for (let index = 0; index < views.length; index += 4)
    await Promise.all(views.slice(index, index + 4).map((view) => gateway.evaluate(view)))
  const wanted = outcome === 'hit' ? 'allow' : 'deny'
  for (const view of views) {
    const decision = gateway.evaluate(view)
    if (/** @type {any} */ (decision).outcome !== wanted) throw new Error(`not ${wanted}: ${JSON.stringify(decision)}`)
  }
  const response = { status: 200, finished: true, header: () => undefined }
  const count = views.length
  let read = 0
  return {
    step(turn) {
      const view = /** @type {import('@threescale/core').RequestView} */ (views[turn % count])
      const decision = /** @type {import('@threescale/core').Allowed} */ (gateway.evaluate(view))
      if (readHeaders) read += Object.keys(decision.headers).length
      if (settle) gateway.settle(decision, response)
      // Returned, so that the compiler cannot remove the reading.
      return read
    },
  }
}

function temporaryJournal() {
  const directory = mkdtempSync(join(tmpdir(), 'threescale-bench-'))
  process.on('exit', () => rmSync(directory, { recursive: true, force: true }))
  // So much that no new file is begun within a run, in which the event loop gets no turn.
  return fileJournal({ directory, maxBytes: 2 ** 34 })
}

/**
 * @param {number} application
 * @param {number} rules
 * @param {string} location
 * @param {string} kind
 * @param {string} outcome
 */
function viewOf(application, rules, location, kind, outcome) {
  const path = outcome === 'no-rule' ? `/nowhere/${application}` : pathOf(rules, application * 7, application)
  const id = applicationId(application)
  const key = kind === 'appId' ? appKey(0) : userKey(application)
  const query = kind === 'appId' ? `app_id=${id}&app_key=${key}` : `user_key=${key}`
  const basic = `Basic ${btoa(kind === 'appId' ? `${id}:${key}` : `${key}:`)}`
  /** @type {Record<string, string>} */
  const headers = kind === 'appId' ? { 'app-id': id, 'app-key': key } : { 'user-key': key, user_key: key }
  const padded = Object.fromEntries(
    [...Object.entries(headers), ['authorization', basic]].map(([name, value]) => [name, ` ${value}`]),
  )
  return {
    method: 'GET',
    url: location === 'query' ? `${path}?${query}&lang=en` : `${path}?lang=en`,
    host: 'api.example.com',
    // A new string each time, as in a server: a string that was hashed before would be found faster.
    header: (/** @type {string} */ name) =>
      (location === 'authorization') === (name === 'authorization') ? padded[name]?.slice(1) : undefined,
  }
}

/**
 * Uses a new caller in each step; its cost includes the stub's answer.
 *
 * @param {any} gateway
 * @param {number} rules
 */
function missing(gateway, rules) {
  return (/** @type {number} */ turn) => gateway.evaluate(viewOf(turn + 5_000_000, rules, 'query', 'userKey', 'hit'))
}

// npm run live: tries a real account in five steps, and counts 2 on one metric of one application.
// Settings come from the environment; docs/live.md lists them. Exit: 0 all passed, 1 a step failed, 2 settings missing.
// No credential is printed: no value of a setting but the service, the metric and the host, and no reason of 3scale.
import { setTimeout as sleep } from 'node:timers/promises'
import { ConfigError, createGateway, isThreeScaleError, ThreeScaleClient } from '../packages/core/dist/index.js'

/** @typedef {import('../packages/core/dist/index.js').Credentials} Credentials */
/** @typedef {import('../packages/core/dist/index.js').Verdict} Verdict */
/** @typedef {import('../packages/core/dist/index.js').UsageReport} UsageReport */
/** @typedef {{ options: { serviceId: string, serviceToken: string, backendUrl: string | undefined, timeoutMs: number },
 *   credentials: Credentials, kind: string, metric: string, waitMs: number }} Settings */

const LONGEST_FIRST = ['eternity', 'year', 'month', 'week', 'day', 'hour', 'minute']

/** A step that failed, said in plain words. */
class Failed extends Error {}

/** @returns {Settings | string[]} the settings, or what is missing. */
function readSettings() {
  const { env } = process
  const serviceId = env.THREESCALE_SERVICE_ID || ''
  const serviceToken = env.THREESCALE_TOKEN || env.THREESCALE_SERVICE_TOKEN || ''
  const metric = env.THREESCALE_METRIC || ''
  const { THREESCALE_USER_KEY: userKey, THREESCALE_APP_ID: appId, THREESCALE_APP_KEY: appKey } = env
  const waitMs = Number(env.THREESCALE_WAIT_MS || 60_000)
  const missing = []
  if (!serviceId) missing.push('THREESCALE_SERVICE_ID: the id of the product')
  if (!serviceToken) missing.push('THREESCALE_TOKEN: a service token of the product')
  if (!userKey === !appId) missing.push('THREESCALE_USER_KEY, or THREESCALE_APP_ID and THREESCALE_APP_KEY; not both')
  if (!metric) missing.push('THREESCALE_METRIC: the system name of the metric to count 2 on; choose one that may grow')
  if (!(waitMs > 0)) missing.push('THREESCALE_WAIT_MS: a number of milliseconds, or nothing')
  if (missing.length > 0) return missing
  return {
    options: { serviceId, serviceToken, backendUrl: env.THREESCALE_BACKEND_URL || undefined, timeoutMs: 10_000 },
    credentials: userKey ? { userKey } : { appId: appId ?? '', ...(appKey && { appKey }) },
    kind: userKey ? 'user key' : 'application id',
    metric,
    waitMs,
  }
}

/** @param {string} step @param {string} text */
const passed = (step, text) => console.log(`ok      ${step.padEnd(10)}${text}`)

/** @param {Verdict} verdict */
function demandYes(verdict) {
  if (verdict.authorized) return
  throw new Failed(`3scale says no (${verdict.status} ${verdict.code}): ${adviceOn(verdict.code)}`)
}

/** @param {string} code */
function adviceOn(code) {
  switch (code) {
    case 'user_key_invalid':
    case 'application_not_found':
      return 'the product has no such application; compare the kind of credentials with the product’s authentication'
    case 'application_key_invalid':
      return 'the application has keys, and THREESCALE_APP_KEY is none of them'
    case 'application_not_active':
      return 'the application is suspended or waits for approval'
    case 'limits_exceeded':
      return 'a limit is used up; choose another metric or application, or wait for the end of the period'
    case 'referrer_not_allowed':
      return 'the application requires a referrer; choose one that does not'
    case 'metric_invalid':
      return 'the product has no metric of this system name'
    default:
      return 'see the code in 3scale’s documentation'
  }
}

/**
 * The limit by which counting can be seen: of the metric, or of the nearest metric that includes it.
 *
 * @param {Verdict} verdict
 * @param {string} metric
 * @returns {UsageReport | undefined}
 */
function limitToWatch({ usageReports, hierarchy }, metric) {
  for (let name = /** @type {string | undefined} */ (metric), depth = 0; name !== undefined && depth < 10; depth++) {
    const child = name
    const own = usageReports.filter((report) => report.metric === child)
    // The window that ends last is the least likely to end during the run.
    own.sort((left, right) => LONGEST_FIRST.indexOf(left.period) - LONGEST_FIRST.indexOf(right.period))
    if (own[0] !== undefined) return own[0]
    name = [...(hierarchy ?? [])].find(([, children]) => children.includes(child))?.[0]
  }
  return undefined
}

/** @param {Settings} settings */
async function run({ options, credentials, kind, metric, waitMs }) {
  const client = new ThreeScaleClient(options)
  const gateway = createGateway({ ...options, usage: { [metric]: 1 } })
  try {
    const { host } = new URL(/** @type {{ backendUrl: string }} */ (client.toJSON()).backendUrl)
    console.log(`3scale at ${host}, service ${options.serviceId}, by ${kind}. This counts 2 on the metric ${metric}.`)

    const check = await gateway.check({ credentials })
    if (!check.ok) {
      const what = check.code.startsWith('ERR_') ? 'does not answer' : 'refuses the settings'
      throw new Failed(`3scale ${what} (${check.code}): ${check.hint}`)
    }
    passed('settings', '3scale accepts the service and its token')

    const extensions = { hierarchy: true, listAppKeys: true }
    const ask = () => client.authorize(credentials, { usage: { [metric]: 0 }, extensions })
    const first = await ask()
    demandYes(first)
    passed('authorize', `the application may call the API; its plan is ${JSON.stringify(first.plan)}`)
    const watched = limitToWatch(first, metric)
    if (watched !== undefined && watched.max - watched.current < 2) {
      throw new Failed(`the limit per ${watched.period} leaves no room to count 2: ${adviceOn('limits_exceeded')}`)
    }

    /** @param {number} more how much has to be counted since the first step. @param {string} what */
    const waitUntilSeen = async (more, what) => {
      if (watched === undefined) return
      const began = Date.now()
      for (;;) {
        const now = limitToWatch(await ask(), metric)
        if (now?.period !== watched.period || now.start?.getTime() !== watched.start?.getTime()) {
          throw new Failed('the period of the limit ended meanwhile, so the counts cannot be compared; run it again')
        }
        const waited = Date.now() - began
        if (now.current >= watched.current + more) {
          return passed('seen', `${what} is counted in the limit per ${watched.period}, after ${seconds(waited)}`)
        }
        if (waited > waitMs) {
          throw new Failed(`${what} is not counted after ${seconds(waited)}; is this machine's clock right?`)
        }
        await sleep(Math.min(500, waitMs))
      }
    }

    demandYes(await client.authrep(credentials, { usage: { [metric]: 1 } }))
    passed('authrep', 'allowed; it counts 1')
    await waitUntilSeen(1, 'the authrep')

    const id = first.application.id
    const application = id === undefined ? credentials : { appId: id }
    await client.report([{ ...withoutKey(application), usage: { [metric]: 1 }, timestamp: new Date() }])
    passed('report', 'accepted; it counts 1')
    await waitUntilSeen(2, 'the report')

    console.log(
      watched === undefined
        ? 'All steps passed. The plan limits no such metric, so only the analytics of the portal show that 2 were counted.'
        : 'All steps passed.',
    )
  } finally {
    await gateway.close()
    await client.close()
  }
}

/** @param {Credentials} credentials */
function withoutKey(credentials) {
  return 'appId' in credentials ? { appId: credentials.appId } : /** @type {{ userKey: string }} */ (credentials)
}

/** @param {number} ms */
const seconds = (ms) => `${(ms / 1000).toFixed(1)} s`

const settings = readSettings()
if (Array.isArray(settings)) {
  console.error(`npm run live needs these in the environment:\n- ${settings.join('\n- ')}`)
  process.exitCode = 2
} else {
  try {
    await run(settings)
  } catch (error) {
    // Messages of these classes hold no credential; an unknown error is shown by its class alone.
    const told = error instanceof Failed || isThreeScaleError(error)
    console.error(`FAILED  ${told ? error.message : /** @type {Error} */ (error)?.name}`)
    process.exitCode = error instanceof ConfigError ? 2 : 1
  }
}

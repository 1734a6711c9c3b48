/** The client turns every recorded answer into the right verdict or typed error. */
import {
  BackendError,
  ProtocolError,
  RejectedError,
  ReportError,
  ThreeScaleClient,
  type Verdict,
} from '@threescale/core'
import { describe, expect, test } from 'vitest'
import { TRANSPORT, type TransportResponse } from '../../packages/core/src/client/transport/transport.ts'
import { readRecordings, type Scenario, type Step } from './recordings.ts'

const TYPE = 'application/vnd.3scale-v2.0+xml'
const scenarios = readRecordings()

function clientThatGets(response: TransportResponse): ThreeScaleClient {
  return new ThreeScaleClient({
    serviceId: '1001',
    serviceToken: 'stoken',
    retry: false,
    [TRANSPORT]: { request: () => Promise.resolve(response) },
  })
}

function answerOf(step: Step): TransportResponse {
  const { status, headers, body } = step.app_response ?? step.response
  return { status, headers, body: Buffer.from(body ?? '', 'utf8') }
}

/** Whether the recorded request asked for no body, by the extension or the parameter. */
function askedForNoBody({ request }: Step): boolean {
  const options = new URLSearchParams(request.headers['3scale-options'] ?? '').getAll('no_body').at(-1)
  const parameter = new URLSearchParams(request.path.split('?')[1] ?? '').getAll('no_body').at(-1)
  const value = options ?? parameter
  return value !== undefined && value !== '0' && value !== 'false'
}

async function verdictOf(step: Step): Promise<Verdict> {
  const noBody = askedForNoBody(step)
  return await clientThatGets(answerOf(step)).authorize({ userKey: 'k' }, noBody ? { extensions: { noBody } } : {})
}

/** Whether a text in the document, its reason aside, holds a character of the markup around it. */
function holdsMarkup(body: string, { state }: Scenario): boolean {
  const texts = state.services.flatMap(({ metrics = [], applications = [] }) => [
    ...metrics.map(({ name }) => name),
    ...applications.flatMap(({ id, application_keys: keys = [] }) => [id, ...keys]),
  ])
  const rest = body.slice(body.lastIndexOf('</reason>') + 1)
  return texts.some((text) => /[<>"]/.test(text) && rest.includes(text))
}

/** Each detail that is told is one of the state's own. */
function expectTruthOrNothing(verdict: Verdict, body: string, { state: { services } }: Scenario): void {
  expect([verdict.appKeys, verdict.hierarchy, verdict.application.key]).toEqual([undefined, undefined, undefined])
  const plans = services.flatMap(({ plans = [] }) => plans.map(({ name }) => name))
  expect([undefined, ...plans]).toContain(verdict.plan)
  const ids = services.flatMap(({ applications = [] }) => applications.map(({ id }) => id))
  expect([undefined, ...ids]).toContain(verdict.application.id)
  if (verdict.usageReports.length === 0) return
  expect(verdict.usageReports).toHaveLength(body.split('<usage_report ').length - 1)
}

/** Checks each detail of a document by the texts that 3scale writes around it, and by the state it was made from. */
function expectDetails(verdict: Verdict, body: string, scenario: Scenario): void {
  const rest = body.includes('</reason>') ? body.slice(body.lastIndexOf('</reason>')) : body
  const services = scenario.state.services
  const planTexts = [...rest.matchAll(/<plan>(.*?)<\/plan>/gs)]
  if (planTexts.length === 0) expect(verdict.plan).toBeUndefined()
  // An application may name a plan that does not exist; its name is then empty.
  else expect(['', ...services.flatMap(({ plans = [] }) => plans.map(({ name }) => name))]).toContain(verdict.plan)
  if (planTexts.length === 1) expect(escaped(verdict.plan ?? '')).toBe(planTexts[0]![1])

  const reports = [
    ...rest.matchAll(/<usage_report metric="(.*?)" period="(\w+)"( exceeded="true")?>(.*?)<\/usage_report>/gs),
  ]
  expect(verdict.usageReports).toHaveLength(reports.length)
  expect(rest.split('<usage_report ')).toHaveLength(reports.length + 1)
  const metrics = services.flatMap((service) => (service.metrics ?? []).map(({ name }) => name))
  for (const [index, [, metric, period, exceeded, inner = '']] of reports.entries()) {
    const report = verdict.usageReports[index]!
    expect(metrics).toContain(report.metric)
    expect(report).toMatchObject({ metric, period, exceeded: exceeded !== undefined })
    expect(report.max).toBe(Number(/<max_value>(\d+)</.exec(inner)![1]))
    expect(report.current).toBe(Number(/<current_value>(-?\d+)</.exec(inner)![1]))
    expect(stamp(report.start)).toBe(/<period_start>(.+?)</.exec(inner)?.[1])
    expect(stamp(report.end)).toBe(/<period_end>(.+?)</.exec(inner)?.[1])
    expect(report.start === undefined).toBe(period === 'eternity')
  }

  if (rest.includes('<app_keys ')) {
    const application = services
      .flatMap((service) => service.applications ?? [])
      .find((each) => rest.includes(`<app_keys app="${each.id}" svc=`))!
    expect(verdict.application.id).toBe(application.id)
    const known = new Set(application.application_keys ?? [])
    if (!body.includes('<id>')) for (const key of verdict.appKeys!) expect(known).toContain(key)
    expect(verdict.appKeys).toHaveLength(rest.split('<key id=').length - 1)
  } else {
    expect(verdict.appKeys).toBeUndefined()
  }

  if (rest.includes('<application>')) {
    const ids = services.flatMap((service) => (service.applications ?? []).map(({ id }) => id))
    expect(ids).toContain(verdict.application.id)
    expect(verdict.application.key).toBe(/<key>(.*)<\/key><redirect_ur/s.exec(rest)![1])
    expect(escaped(verdict.application.redirectUrl!)).toBe(/<redirect_ur[il]>(.*)<\/redirect_ur[il]>/s.exec(rest)![1])
  }

  if (rest.includes('<hierarchy>')) {
    expect([...verdict.hierarchy!.keys()]).toEqual([...new Set(verdict.usageReports.map(({ metric }) => metric))])
    for (const [metric, children] of verdict.hierarchy!) {
      expect(rest).toContain(`<metric name="${metric}" children="${children.join(' ')}"/>`)
    }
  } else {
    expect(verdict.hierarchy).toBeUndefined()
  }
}

/** Escapes as 3scale does in plan names and URLs. */
function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}

function stamp(date: Date | undefined): string | undefined {
  return date?.toISOString().replace(/^(.+)T(.+)\.000Z$/, '$1 $2 +0000')
}

/** The sentence that belongs to a status and code. */
const REASONS: Readonly<Record<string, RegExp>> = {
  application_key_invalid: /^application key (".*" is invalid|is missing)$/s,
  oauth_not_enabled: /^oauth is not enabled$/,
  redirect_url_invalid: /^redirect_url ".*" is invalid$/s,
  redirect_uri_invalid: /^redirect_uri ".*" is invalid$/s,
  referrer_not_allowed: /^referrer (".*" is not allowed|is missing)$/s,
  application_not_active: /^application is not active$/,
  service_not_active: /^service is not active$/,
  limits_exceeded: /^usage limits are exceeded$/,
}

describe.each(scenarios)('$name', (scenario) => {
  test('laws 1 to 4: each answer to an authorize or authrep is the right verdict or error', async () => {
    for (const step of scenario.steps) {
      const { status, headers, body } = step.app_response ?? step.response
      const text = body ?? ''
      const about = `${step.request.method} ${step.request.path}`
      const denial = status >= 400 && status < 500
      const yes =
        status === 200 &&
        headers['content-type'] === TYPE &&
        (text.includes('<status><authorized>true</authorized>') || (text === '' && askedForNoBody(step)))
      if (!denial && !yes) {
        const error = await verdictOf(step).catch((reason: unknown) => reason)
        expect(error, about).toBeInstanceOf(status >= 500 ? BackendError : ProtocolError)
        continue
      }
      const verdict = await verdictOf(step)
      expect(verdict, about).toMatchObject({ authorized: yes, status })
      const markup = holdsMarkup(text, scenario)
      expect(verdict.readable, about).toBe(text.includes('<status>') && !markup)
      if (markup) expectTruthOrNothing(verdict, text, scenario)
      else expectDetails(verdict, text, scenario)
      const remaining = headers['3scale-limit-remaining']
      const max = headers['3scale-limit-max-value']
      expect(verdict.limit, about).toEqual(
        remaining === undefined
          ? undefined
          : {
              remaining: Number(remaining),
              resetSeconds: Number(headers['3scale-limit-reset']),
              max: max === undefined ? undefined : Number(max),
            },
      )
      if (verdict.authorized) continue
      const error = /^<\?xml version="1\.0" encoding="UTF-8"\?><error code="([a-z_]+)">(.*)<\/error>$/s.exec(text)
      if (error !== null) {
        expect(verdict.code, about).toBe(error[1])
        expect(escaped(verdict.reason), about).toBe(error[2])
      } else if (text.includes('<status>')) {
        expect(text, about).toContain(`<authorized>false</authorized><reason>${verdict.reason}</reason>`)
        expect(verdict.code, about).toBe(headers['3scale-rejection-reason'] ?? verdict.code)
        expect(verdict.reason, about).toMatch(REASONS[verdict.code]!)
      } else if (headers['3scale-rejection-reason'] !== undefined) {
        expect(verdict.code, about).toBe(headers['3scale-rejection-reason'])
      } else {
        expect(verdict.code, about).toMatch(
          /^(bad_request|usage_invalid|forbidden|endpoint_not_found|not_found|denied|not_valid_data)$/,
        )
      }
    }
  })

  test('each answer to a report is accepted, or an error that says what was not accepted', async () => {
    const transactions = [{ appId: 'a', usage: { hits: 1 } }]
    for (const step of scenario.steps.filter(({ request }) => request.method === 'POST')) {
      const { status, headers, body } = step.app_response ?? step.response
      const outcome = await clientThatGets(answerOf(step))
        .report(transactions)
        .catch((reason: unknown) => reason)
      if (status === 202) {
        expect(outcome).toEqual({ accepted: 1 })
      } else if (status >= 500) {
        expect(outcome).toBeInstanceOf(ReportError)
        expect(outcome).toMatchObject({ accepted: [], unreported: [], ambiguous: transactions })
      } else {
        expect(outcome).toMatchObject({ accepted: [], unreported: transactions, ambiguous: [] })
        const code = /<error code="([a-z_]+)">/.exec(body ?? '')?.[1]
        if (code !== undefined) {
          expect(outcome).toBeInstanceOf(RejectedError)
          expect(outcome).toMatchObject({ status, rejection: code })
        } else {
          // Nothing in it is 3scale's own, so it may be the answer of what stands before 3scale.
          expect(outcome).toBeInstanceOf(ReportError)
        }
      }
      expect(headers['content-type']).not.toBe('')
    }
  })
})

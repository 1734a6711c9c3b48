import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { scripted } from '../../../../../test/support/scripted-client.ts'
import type { Verdict } from '../../../src/index.ts'
import { FUZZ_RUNS, FUZZ_TIMEOUT_MS } from '../../fuzz-runs.ts'
import { type Truth, type WrittenReport, writtenDocument, writtenKeys, writtenReports } from './written-document.ts'

// Documents are cheap, and forging one takes luck.
const RUNS = FUZZ_RUNS * 10

const report = (metric: string): string => writtenReports([{ metric, max: 9 }])

/** Pieces of documents, so that texts close the sections they stand in, imitate others, and open new ones. */
const pieces = fc.constantFrom(
  ...['', 'k', 'm', 'victim', '"', "'", '>', '<', '/>', '"/>', '">', '&', '&lt;', ' ', '\n', '\ufffd', '<!--', '-->'],
  ...['<reason>', '</reason>', '" is invalid</reason>', '<plan>', '</plan>', '<plan>Gold</plan>'],
  ...['<application>', '<application><id>victim</id><key>', '</id><key>', '</key><redirect_url>', '</application>'],
  ...['</redirect_url></application>', '<redirect_url>', '<id>', '</id>', '<key>', '</key>'],
  ...['<usage_reports>', '</usage_reports>', '<usage_report metric="', '" period="eternity">', '</usage_report>'],
  ...[`<usage_reports>${report('m')}</usage_reports>`, report('m'), `${report('m')}<usage_report metric="`],
  ...['<max_value>9</max_value>', '<current_value>2</current_value>', '" period="eternity"><max_value>9</max_value>'],
  ...['<app_keys app="', '<app_keys app="victim" svc="1">', '" svc="', '" svc="1">', '</app_keys>', '"/></app_keys>'],
  ...['<app_keys app="victim" svc="1"><key id="', '<key id="', '<key id="k"/>', '"/><key id="', '</app_keys></status>'],
  ...['<hierarchy>', '</hierarchy>', '<metric name="', '" children="', '" children="m"/>', '"/><metric name="'],
  ...['<hierarchy><metric name="m" children="', '"/></hierarchy>', '</status>', '</hierarchy></status>', '<status>'],
)
const rubble = fc.array(pieces, { maxLength: 8 }).map((all) => all.join(''))
const ordinary = fc.string({ unit: fc.constantFrom(...'abkm019_-./+&;\u00fc\u20ac'), minLength: 1, maxLength: 8 })

/** The backend quotes a key without the white space at its ends. */
const refusedKey = (key: string): string => `application key "${key.replaceAll(/^\s+|\s+$/g, '')}" is invalid`

const MARK = '\u0001'

function marked(text: string): string {
  return MARK + text + MARK
}

function truths(text: fc.Arbitrary<string>, name: fc.Arbitrary<string>): fc.Arbitrary<Truth> {
  const written: fc.Arbitrary<WrittenReport> = fc.record({
    metric: name,
    max: fc.integer({ min: 0, max: 9 }),
    children: fc.array(name, { maxLength: 3 }),
  })
  return fc.record({
    reason: fc.option(fc.oneof(text.map(refusedKey), fc.constant('usage limits are exceeded')), { nil: undefined }),
    oauth: fc.option(fc.record({ key: text, redirectUrl: text }), { nil: undefined }),
    id: text,
    service: fc.oneof(fc.constant('1'), name),
    plan: text,
    reports: fc.array(written, { maxLength: 3 }),
    keys: fc.option(fc.array(text, { maxLength: 3 }), { nil: undefined }),
    hierarchy: fc.boolean(),
  })
}

/** From the beginning of one text to the end of a later one in another document: closes, imitates and opens again. */
const imitation = fc
  .tuple(truths(ordinary.map(marked), ordinary.map(marked)), fc.nat(), fc.nat())
  .map(([fake, one, other]) => {
    const parts = writtenDocument(fake).split(MARK)
    const texts = (parts.length - 1) / 2
    const [first, last] = [one % texts, other % texts].sort((a, b) => a - b)
    return parts.slice(2 * first! + 1, 2 * last! + 2).join('')
  })
const hostile = fc.oneof(rubble, imitation)
/** One or two hostile texts in a document: where most are, no imitation stays whole. */
const seldom = fc.oneof({ weight: 8, arbitrary: ordinary }, { weight: 1, arbitrary: hostile })

async function verdictOf(truth: Truth): Promise<Verdict> {
  const status = truth.reason === undefined ? 200 : 409
  const { client } = scripted([{ status, body: writtenDocument(truth) }], { retry: false })
  const quoted = /"([\s\S]*)"/.exec(truth.reason ?? '')?.[1]
  return await client.authorize({ appId: 'a', ...(quoted === undefined ? {} : { appKey: quoted }) })
}

/** Each section is the truth or absent. What only its owner writes may be split within its own section. */
function expectTruthOrNothing(verdict: Verdict, truth: Truth): void {
  const { readable, plan, application, usageReports, appKeys, hierarchy } = verdict
  if (!verdict.authorized) expect(verdict.reason).toBe(truth.reason)
  if (readable || plan !== undefined) expect(plan).toBe(truth.plan)
  const named = truth.keys !== undefined || truth.oauth !== undefined
  if ((readable && named) || application.id !== undefined) expect(application.id).toBe(truth.id)
  if (readable || usageReports.length > 0) expect(writtenReports(usageReports)).toBe(writtenReports(truth.reports))
  if (!readable) {
    expect([application.key, application.redirectUrl, appKeys, hierarchy]).toEqual(Array(4).fill(undefined))
    return
  }
  expect([application.key, application.redirectUrl]).toEqual([truth.oauth?.key, truth.oauth?.redirectUrl])
  expect(appKeys && writtenKeys(appKeys)).toBe(truth.keys && writtenKeys(truth.keys))
  expect(hierarchy !== undefined).toBe(truth.hierarchy)
  if (hierarchy === undefined) return
  expect(usageReports.map(({ metric }) => metric)).toEqual(truth.reports.map(({ metric }) => metric))
  for (const [metric, children] of hierarchy) {
    const lists = truth.reports.filter((one) => one.metric === metric).map((one) => one.children.join(' '))
    expect(lists).toContain(children.join(' '))
  }
}

const about = { numRuns: RUNS }

describe('a document in which any text may hold markup', () => {
  test(
    'law 6: tells the truth about each section, or nothing',
    async () => {
      let unreadable = 0
      await fc.assert(
        fc.asyncProperty(fc.oneof(truths(hostile, ordinary), truths(seldom, seldom)), async (truth) => {
          const verdict = await verdictOf(truth)
          if (!verdict.readable) unreadable += 1
          expectTruthOrNothing(verdict, truth)
        }),
        about,
      )
      expect(unreadable).toBeGreaterThan(RUNS / 4)
    },
    FUZZ_TIMEOUT_MS,
  )

  test(
    'law 6: tells the truth or nothing where only ids, keys, plans and reasons are hostile',
    async () => {
      let partly = 0
      await fc.assert(
        fc.asyncProperty(fc.oneof(truths(hostile, ordinary), truths(seldom, ordinary)), async (truth) => {
          const verdict = await verdictOf(truth)
          if (!verdict.readable && verdict.usageReports.length > 0) partly += 1
          expectTruthOrNothing(verdict, truth)
          // Metric names without markup cannot be split.
          if (verdict.usageReports.length > 0) expect(verdict.usageReports).toHaveLength(truth.reports.length)
        }),
        about,
      )
      expect(partly).toBeGreaterThan(RUNS / 100)
    },
    FUZZ_TIMEOUT_MS,
  )

  test(
    'is read whole if its texts are ordinary, whatever its reason quotes',
    async () => {
      const reasons = fc.option(hostile.map(refusedKey), { nil: undefined })
      await fc.assert(
        fc.asyncProperty(truths(ordinary, ordinary), reasons, async (all, reason) => {
          const truth = { ...all, reason }
          const verdict = await verdictOf(truth)
          expect(verdict.readable).toBe(true)
          expectTruthOrNothing(verdict, truth)
        }),
        about,
      )
    },
    FUZZ_TIMEOUT_MS,
  )
})

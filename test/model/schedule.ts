/** Random schedules: what happens to one gateway and its backend, in which order. */
import fc from 'fast-check'
import { PERIODS, type Period } from '../../packages/core/src/domain/period.ts'
import type { Usage } from '../../packages/core/src/domain/usage.ts'
import { foreignAnswers } from '../support/foreign-answers.ts'
import { HIDING_LIMIT } from '../support/hidden-place.ts'
import { type Forgery, forgedKeys, forgeries, HOSTILE } from './forgery.ts'
import type { Misroute } from './misroutes.ts'

/** How a call fails: not sent, counted but unanswered, refused, unreadable, busy, timed out before or after. */
export const FAULTS = ['unsent', 'lost-answer', 'error', 'garbage', 'busy', 'stalled', 'stalled-counted'] as const
export type FaultKind = (typeof FAULTS)[number]

type Counts = 'now' | 'with-response-code' | 'predicted'

export type Step =
  | {
      readonly do: 'ask'
      readonly application: number
      readonly key: number
      readonly usage: Usage
      readonly times: number
      readonly counts: Counts
    }
  /** All responses under way end. */
  | { readonly do: 'respond' }
  /** Our clock is set, the backend's is not. */
  | { readonly do: 'set-clock'; readonly ms: number }
  | { readonly do: 'wait'; readonly ms: number }
  /** To `ms` around the end of a window. */
  | { readonly do: 'window'; readonly period: Exclude<Period, 'eternity'>; readonly ms: number }
  | { readonly do: 'flush' }
  | {
      readonly do: 'fault'
      readonly kind: FaultKind
      readonly calls: number
      readonly endpoint: 'authorize' | 'authrep' | 'transactions' | 'any'
    }
  /** The backend takes no call for a while, and calls that wait for an answer get none. */
  | { readonly do: 'restart'; readonly ms: number }
  | Misroute
  | Change

/** A change by an administrator, or usage of another client, at the backend. */
export type Change =
  | { readonly do: 'limit'; readonly index: number; readonly value: number }
  | { readonly do: 'drop-limit'; readonly index: number }
  | { readonly do: 'suspend' | 'resume' | 'delete' | 'restore' | 'drop-key' | 'add-key'; readonly application: number }
  | { readonly do: 'drop-metric' | 'restore-metric' | 'move-metric' }
  /** The owner of the hostile application chooses other keys. */
  | { readonly do: 'forge'; readonly keys: readonly string[] }
  | { readonly do: 'foreign'; readonly application: number; readonly usage: Usage; readonly set: boolean }

export interface Limit {
  readonly metric: string
  readonly period: Period
  readonly value: number
}

export interface Schedule {
  readonly kind: Kind
  /** '1' user keys, '2' application ids with keys. */
  readonly version: '1' | '2'
  readonly limits: readonly Limit[]
  readonly start: number
  /** How far the backend's clock is ahead of ours. */
  readonly skewMs: number
  readonly lagMs: number
  /** Applications the ledger has room for; there are two, and the hostile one. */
  readonly room: 1 | 2 | 3
  /** The hostile application, if there is one. */
  readonly forgery?: Forgery | undefined
  /** Whether no question finds out the place of most metrics, so that the backend is asked by authrep about each request. */
  readonly hiding: boolean
  readonly onUnavailable: 'deny' | 'last-known'
  /** How long calls take to get there and back, in turn. */
  readonly latencies: readonly (readonly [there: number, back: number])[]
  readonly steps: readonly Step[]
}

/** hits > searches > deep; hits > wide > leaf; orders apart. */
export const METRICS: readonly { readonly name: string; readonly parent?: string }[] = [
  { name: 'hits' },
  { name: 'searches', parent: 'hits' },
  { name: 'deep', parent: 'searches' },
  { name: 'orders' },
  { name: 'wide', parent: 'hits' },
  { name: 'leaf', parent: 'wide' },
]

/** Whether the tree above has the first metric below the second. */
export function isBelow(metric: string, ancestor: string): boolean {
  const parent = METRICS.find(({ name }) => name === metric)?.parent
  return parent !== undefined && (parent === ancestor || isBelow(parent, ancestor))
}

const usages: Usage[] = [
  { hits: 1 },
  { searches: 1 },
  { deep: 1 },
  { orders: 2 },
  { hits: 0 },
  { searches: 2, orders: 1 },
  { hits: 1, deep: 3 },
  { deep: 2, searches: 0 },
]

const usage = fc.constantFrom(...usages)
/** Most of them below `hits`, and for all that is known below `wide`. */
const hiddenUsage = fc.constantFrom(...usages.filter((one) => 'deep' in one || 'searches' in one), { hits: 1 })
const application = fc.nat(1)
const endpoint = fc.constantFrom('authorize' as const, 'authrep' as const, 'transactions' as const, 'any' as const)
const finite = PERIODS.filter((period) => period !== 'eternity') as Exclude<Period, 'eternity'>[]

const askCounted = (used: fc.Arbitrary<Usage>, ...counts: Counts[]): fc.Arbitrary<Step> =>
  fc.record({
    do: fc.constant('ask' as const),
    application,
    key: fc.nat(2),
    usage: used,
    times: fc.integer({ min: 1, max: 25 }),
    counts: fc.constantFrom(...counts),
  })
const respond: fc.Arbitrary<Step> = fc.constant({ do: 'respond' as const })
const setClock: fc.Arbitrary<Step> = fc.record({
  do: fc.constant('set-clock' as const),
  ms: fc.oneof(fc.integer({ min: -90_000, max: 90_000 }), fc.integer({ min: -12_000_000, max: 12_000_000 })),
})
const wait: fc.Arbitrary<Step> = fc.record({
  do: fc.constant('wait' as const),
  ms: fc.oneof(
    fc.integer({ min: 0, max: 2000 }),
    fc.integer({ min: 0, max: 90_000 }),
    fc.integer({ min: 0, max: 4_000_000 }),
  ),
})
const window: fc.Arbitrary<Step> = fc.record({
  do: fc.constant('window' as const),
  period: fc.constantFrom(...finite),
  ms: fc.oneof(fc.integer({ min: -1500, max: 1500 }), fc.integer({ min: -40_000, max: 40_000 })),
})
const flush: fc.Arbitrary<Step> = fc.constant({ do: 'flush' as const })
const fault: fc.Arbitrary<Step> = fc.record({
  do: fc.constant('fault' as const),
  kind: fc.constantFrom(...FAULTS),
  calls: fc.integer({ min: 1, max: 6 }),
  endpoint,
})
const restart: fc.Arbitrary<Step> = fc.record({
  do: fc.constant('restart' as const),
  ms: fc.oneof(fc.integer({ min: 0, max: 2000 }), fc.integer({ min: 0, max: 200_000 })),
})
const change: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ do: fc.constant('limit' as const), index: fc.nat(3), value: fc.nat(60) }),
  fc.record({ do: fc.constant('drop-limit' as const), index: fc.nat(3) }),
  fc.record({
    do: fc.constantFrom('suspend', 'resume', 'delete', 'restore', 'drop-key', 'add-key'),
    application,
  }) as fc.Arbitrary<Change>,
  fc.record({ do: fc.constantFrom('drop-metric', 'restore-metric', 'move-metric') }) as fc.Arbitrary<Change>,
)
// The other application is never deleted, so that all of its usage has to be counted or told.
const deletion: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    do: fc.constantFrom('delete', 'delete', 'restore'),
    application: fc.constant(1),
  }) as fc.Arbitrary<Change>,
  fc.record({ do: fc.constantFrom('drop-metric', 'restore-metric') }) as fc.Arbitrary<Change>,
)
const askHostile: fc.Arbitrary<Step> = askCounted(usage, 'now', 'now', 'now', 'with-response-code').map((step) => {
  return { ...step, application: HOSTILE } as Step
})
const forge = (limits: readonly Limit[]): fc.Arbitrary<Step> =>
  fc.record({ do: fc.constant('forge' as const), keys: forgedKeys(limits) })
const misroute: fc.Arbitrary<Step> = fc.record({
  do: fc.constant('misroute' as const),
  answer: foreignAnswers,
  calls: fc.oneof(fc.integer({ min: 1, max: 6 }), fc.constant(Number.POSITIVE_INFINITY)),
  ms: fc.oneof(fc.integer({ min: 100, max: 5000 }), fc.integer({ min: 1000, max: 150_000 })),
  endpoint: fc.constantFrom('authorizations' as const, 'reports' as const, 'any' as const, 'any' as const),
  about: fc.constantFrom(undefined, undefined, 0, 1),
})
const foreign: fc.Arbitrary<Step> = fc.record({
  do: fc.constant('foreign' as const),
  application,
  usage,
  set: fc.boolean(),
})

const limit: fc.Arbitrary<Limit> = fc.record({
  metric: fc.constantFrom('hits', 'hits', 'searches', 'deep', 'orders'),
  period: fc.constantFrom(...PERIODS),
  value: fc.oneof(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 5, max: 200 })),
})

/** Ends of months, of a leap day, of a year on a Thursday, of a week; and any moment. */
const starts = ['2024-02-28T23:59:10Z', '2024-02-29T23:59:00Z', '2026-12-31T23:58:30Z', '2026-03-01T23:59:30Z']

/**
 * 'alone': one gateway under faults.
 * 'changes': faults and changes by an administrator.
 * 'others': faults, usage of other clients, and usage known only after the response.
 * 'clocks': faults and clocks that are set.
 * 'deletions': faults, and an application and a metric that are deleted and made again in traffic.
 * 'forged': faults, and an application whose id and keys imitate 3scale's answers.
 * 'misrouted': faults, and 4xx of something else than 3scale.
 */
export type Kind = 'alone' | 'changes' | 'others' | 'clocks' | 'deletions' | 'forged' | 'misrouted'

export function schedules(what: Kind): fc.Arbitrary<Schedule> {
  const limits = fc.uniqueArray(limit, { maxLength: 4, selector: ({ metric, period }) => `${metric} ${period}` })
  return fc.tuple(limits, fc.boolean()).chain(([all, hiding]) => {
    return schedulesUnder(hiding ? hidingLimits(all) : all, hiding, what)
  })
}

/** Limits under which it stays open what is below `wide`. */
function hidingLimits(limits: readonly Limit[]): readonly Limit[] {
  const higher: Limit = { metric: 'hits', period: 'day', value: 100 }
  return [...limits, ...(limits.some(({ metric }) => metric === 'hits') ? [] : [higher]), HIDING_LIMIT]
}

function schedulesUnder(limits: readonly Limit[], hiding: boolean, what: Kind): fc.Arbitrary<Schedule> {
  const used = hiding ? hiddenUsage : usage
  const steps: { arbitrary: fc.Arbitrary<Step>; weight: number }[] = [
    {
      arbitrary:
        what === 'others'
          ? askCounted(used, 'now', 'with-response-code', 'predicted')
          : askCounted(used, 'now', 'now', 'with-response-code'),
      weight: 8,
    },
    { arbitrary: respond, weight: 1 },
    { arbitrary: wait, weight: 4 },
    { arbitrary: window, weight: 1 },
    { arbitrary: flush, weight: 2 },
    { arbitrary: fault, weight: 1 },
    { arbitrary: restart, weight: 1 },
  ]
  if (what === 'changes') steps.push({ arbitrary: change, weight: 2 })
  if (what === 'clocks') steps.push({ arbitrary: setClock, weight: 1 })
  if (what === 'deletions') steps.push({ arbitrary: deletion, weight: 2 })
  if (what === 'others') steps.push({ arbitrary: foreign, weight: 2 })
  if (what === 'forged') steps.push({ arbitrary: askHostile, weight: 5 }, { arbitrary: forge(limits), weight: 1 })
  if (what === 'misrouted') steps.push({ arbitrary: misroute, weight: 3 })
  return fc.record({
    kind: fc.constant(what),
    version: fc.constantFrom('1' as const, '2' as const),
    limits: fc.constant(limits),
    start: fc.oneof(
      fc.constantFrom(...starts).map((text) => Date.parse(text)),
      fc.integer({ min: Date.parse('2026-01-01'), max: Date.parse('2027-01-01') }),
    ),
    skewMs: fc.oneof(fc.constant(0), fc.integer({ min: -600_000, max: 600_000 })),
    lagMs: fc.constantFrom(0, 0, 300, 5000, 50_000),
    room: what === 'forged' ? fc.constantFrom(3, 3, 1) : fc.constantFrom(2, 2, 1),
    forgery: what === 'forged' ? forgeries(limits) : fc.constant(undefined),
    hiding: fc.constant(hiding),
    // In an outage the last answer holds, however old it is, also about limits that have changed since.
    onUnavailable: what === 'changes' ? fc.constant('deny') : fc.constantFrom('deny', 'last-known'),
    latencies: fc.array(fc.tuple(fc.constantFrom(0, 0, 20, 400), fc.constantFrom(0, 0, 20, 400)), {
      minLength: 1,
      maxLength: 5,
    }),
    steps: fc.array(fc.oneof(...steps), { minLength: 1, maxLength: 40, size: 'max' }),
  })
}

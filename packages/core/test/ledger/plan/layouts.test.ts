import { expect, it } from 'vitest'
import { ManualClock } from '../../../../../test/support/manual-clock.ts'
import { HOUR_MS, MINUTE_MS, type Period } from '../../../src/domain/period.ts'
import { createUsageShape, type Usage } from '../../../src/domain/usage.ts'
import type { UsageReport } from '../../../src/domain/verdict.ts'
import { FOREVER } from '../../../src/ledger/plan/layout.ts'
import { Layouts } from '../../../src/ledger/plan/layouts.ts'
import { MetricHierarchy } from '../../../src/ledger/plan/metric-hierarchy.ts'
import { MetricTable } from '../../../src/ledger/plan/metric-table.ts'

const NOW = Date.parse('2026-03-10T10:20:00Z')

const report = (metric: string, period: Period, max: number): UsageReport => ({
  metric,
  period,
  start: undefined,
  end: undefined,
  max,
  current: 0,
  exceeded: false,
})

/** What one process knows of a service. */
function knowledge(lists: Record<string, string[]> = {}, proved: string[] = []) {
  const metrics = new MetricTable()
  const hierarchy = new MetricHierarchy()
  hierarchy.learn(new Map(Object.entries(lists)), NOW)
  for (const metric of proved) metrics.prove(metric, 0)
  const clock = new ManualClock(NOW)
  return { metrics, hierarchy, clock, layouts: new Layouts({ metrics, hierarchy, forgetFootprints: () => {} }, clock) }
}

const shape = (usage: Usage) => createUsageShape(usage)
const PLAN = [report('hits', 'minute', 10), report('hits', 'eternity', 100)]

it('a print names the windows of a minute, and what they need of usage below their metrics', () => {
  const { layouts } = knowledge({ hits: ['search'] }, ['hits', 'other'])
  const print = layouts.of(PLAN).print(shape({ search: 2, hits: 1, other: 5, idle: 0 }), NOW)
  expect(print.cells).toEqual([
    { limit: 0, name: 'eternity/hits', end: FOREVER, need: 3, max: 100 },
    { limit: 1, name: 'minute/hits', end: NOW + MINUTE_MS, need: 3, max: 10 },
  ])
  expect([print.metrics, print.amounts]).toEqual([
    ['search', 'hits', 'other'],
    [2, 1, 5],
  ])
})

it('an amount of 0 falls under its limits, and spellings of one metric are one', () => {
  const { layouts } = knowledge({ 'big hits': [] }, ['big hits'])
  const layout = layouts.of([report('big hits', 'day', 5)])
  expect(layout.print(shape({ 'big hits': 0 }), NOW).cells).toMatchObject([{ need: 0 }])
  const both = layout.print(shape({ 'big hits': 1, 'big+hits': 2 }), NOW)
  expect([both.metrics, both.amounts, both.cells[0]!.need]).toEqual([['big+hits'], [3], 3])
})

it('equal usage in one minute has one print, whatever object it comes in', () => {
  const { layouts } = knowledge({ hits: [] }, ['hits'])
  const layout = layouts.of(PLAN)
  const usage = shape({ hits: 1 })
  const print = layout.print(usage, NOW)
  expect(layout.print(usage, NOW)).toBe(print)
  expect(layout.print(shape({ hits: 1 }), NOW)).toBe(print)
  expect(layout.print(usage, NOW + MINUTE_MS)).not.toBe(print)
  // The minute before is still asked for: by what was admitted a moment ago.
  expect(layout.print(usage, NOW)).toBe(print)
})

it('processes that know the same write the same text, in whatever order they learned it', () => {
  const one = knowledge({ hits: ['a', 'b'] }, ['hits', 'other', 'more'])
  const other = knowledge({ hits: ['b', 'a'] }, ['more', 'other', 'hits'])
  expect(other.layouts.of(PLAN.toReversed()).text).toBe(one.layouts.of(PLAN).text)
})

it('another maximum, another list and another known metric are each another layout', () => {
  const { layouts, hierarchy, metrics } = knowledge({ hits: [] }, ['hits'])
  const names = new Set([layouts.of(PLAN).name])
  names.add(layouts.of([report('hits', 'minute', 11), PLAN[1]!]).name)
  metrics.prove('other', 0)
  names.add(layouts.of(PLAN).name)
  hierarchy.learn(new Map([['hits', ['a']]]), NOW)
  names.add(layouts.of(PLAN).name)
  expect(names.size).toBe(4)
})

it('usage of a metric that no answer has proved is not settled, until one has', () => {
  const { layouts, metrics } = knowledge({ hits: [] }, ['hits'])
  const layout = layouts.of(PLAN)
  const usage = shape({ hits: 1, other: 1 })
  expect(layout.print(usage, NOW).settled).toBe(false)
  metrics.prove('other', 0)
  expect(layout.print(usage, NOW).settled).toBe(true)
})

it('a process that never asked settles by a layout what another one has settled', () => {
  const limits = [...PLAN, report('search', 'day', 5)]
  const lists = { hits: ['search'], search: [] }
  // That `search` exists is known from the list.
  const { text, name } = knowledge(lists, ['hits', 'other']).layouts.of(limits)
  const reader = knowledge()
  const layout = reader.layouts.read(text)!
  expect(layout.name).toBe(name)
  expect(layout.print(shape({ search: 1 }), NOW)).toMatchObject({
    settled: true,
    cells: [{ name: 'day/search' }, { name: 'eternity/hits' }, { name: 'minute/hits' }],
  })
  expect(layout.print(shape({ other: 1 }), NOW)).toMatchObject({ settled: true, cells: [] })
  expect(layout.print(shape({ unheard: 1 }), NOW).settled).toBe(false)
  // It writes the same when it asks itself.
  reader.hierarchy.learn(new Map(Object.entries(lists)), NOW)
  expect(reader.layouts.of(limits).text).toBe(text)
})

it('what questions found out is told with its time, and does not outlive it', () => {
  const lists = { hits: ['search'], calls: [] }
  const limits = [report('hits', 'day', 10), report('calls', 'day', 10)]
  const writer = knowledge(lists, ['hits', 'calls', 'deep'])
  expect(writer.layouts.of(limits).print(shape({ deep: 1 }), NOW).settled).toBe(false)
  writer.hierarchy.learnAncestor('deep', 'hits', false, NOW)
  const { text } = writer.layouts.of(limits)
  const reader = knowledge()
  const layout = reader.layouts.read(text)!
  expect(layout.print(shape({ deep: 1 }), NOW)).toMatchObject({ settled: true, cells: [] })
  // Reading does not make it younger.
  reader.clock.skip(HOUR_MS / 2)
  reader.hierarchy.learn(new Map(Object.entries(lists)), reader.clock.now())
  expect(reader.layouts.of(limits).text).toBe(text)
  reader.clock.skip(HOUR_MS / 2)
  expect(layout.print(shape({ deep: 1 }), reader.clock.now()).settled).toBe(true)
  reader.clock.skip(2 * HOUR_MS)
  expect(layout.print(shape({ deep: 1 }), reader.clock.now()).settled).toBe(false)
})

it('a hidden ancestor that a question found covers its metric for all who read it', () => {
  const limits = [report('hits', 'day', 10)]
  const writer = knowledge({ hits: ['search'] }, ['hits', 'deep'])
  writer.hierarchy.learnAncestor('deep', 'hits', true, NOW)
  const { text } = writer.layouts.of(limits)
  const reader = knowledge({ hits: ['search'] }, ['hits'])
  const old = reader.layouts.of(limits)
  expect(reader.layouts.read(text)!.print(shape({ deep: 3 }), NOW)).toMatchObject({
    settled: true,
    cells: [{ need: 3 }],
  })
  // A layout that does not know it is no longer enough: usage would be missing in the sums of an answer.
  expect(old.print(shape({ deep: 3 }), NOW + MINUTE_MS).settled).toBe(false)
  expect(reader.layouts.of(limits).text).toBe(text)
})

it('an old layout does not teach what an answer to this process contradicts', () => {
  const limits = [report('hits', 'day', 10)]
  const { text } = knowledge({ hits: ['moved'] }, ['hits', 'moved']).layouts.of(limits)
  const reader = knowledge({ hits: [] }, ['hits', 'moved'])
  const before = reader.layouts.of(limits)
  reader.layouts.read(text)
  expect(reader.layouts.of(limits)).toBe(before)
})

it('a metric that 3scale refused to this process is not believed in because another one knows it', () => {
  const { text } = knowledge({ hits: [] }, ['hits', 'gone']).layouts.of(PLAN)
  const reader = knowledge({ hits: [] }, ['hits'])
  reader.metrics.disprove('gone')
  reader.layouts.read(text)
  expect(reader.metrics.isProved('gone')).toBe(false)
})

it.each([
  ...[
    '',
    '{}',
    '[2,[],[],[]]',
    '[1,[["hits"]],[],[]]',
    '[1,[["hits","year",1,[2]]],[],[]]',
    '[1,[],[1],[]]',
    '[1,[],[]]',
  ],
  ...['[1,[],[],[1]]', '[1,[],[],[["a","b",1,2]]]'],
])('the text %j is none of a layout', (text) => {
  expect(knowledge().layouts.read(text)).toBeUndefined()
})

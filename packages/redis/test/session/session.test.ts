import { AsyncLocalStorage } from 'node:async_hooks'
import { expect, it } from 'vitest'
import { settled } from '../../../../test/support/manual-clock.ts'
import { HITS, ManualFleet, type ManualProcess } from '../support/manual-fleet.ts'

const MINUTE = Date.parse('2026-01-15T10:20:00Z')
const CELL = `minute/hits|${MINUTE + 60_000}`
const PENDING = `+${MINUTE}|hits`

/** A process that knows the application. */
async function knowing(fleet: ManualFleet, application: string, process = 'one'): Promise<ManualProcess> {
  const opened = fleet.open(process)
  const asked = opened.ask(application)
  await fleet.clock.advance(100)
  expect(await asked).toEqual({ kind: 'yes', minute: MINUTE })
  return opened
}

/** How long it takes on the clock, in steps of 100 ms. */
async function waitOf({ clock }: ManualFleet, task: Promise<unknown>): Promise<number> {
  const began = clock.elapsed()
  let done = false
  void task.then(() => {
    done = true
  })
  await settled()
  while (!done) await clock.advance(100)
  return clock.elapsed() - began
}

it('law 11: sends nothing and starts no timer before the first verb', async () => {
  const fleet = new ManualFleet()
  const process = fleet.open()
  process.application('app')
  process.store.stats()
  await process.store.close()
  expect([fleet.seen, fleet.clock.timers]).toEqual([[], 0])
})

it('asks of one moment travel in one line of one command', async () => {
  const fleet = new ManualFleet()
  const process = await knowing(fleet, 'app')
  const before = fleet.commands('sync').length
  const asked = Promise.all([1, 2, 3].map(() => process.ask('app')))
  await settled()
  expect((await asked).map(({ kind }) => kind)).toEqual(['yes', 'yes', 'yes'])
  const sent = fleet.commands('sync').slice(before)
  expect(sent).toHaveLength(1)
  expect(sent[0]!.args.slice(-4)).toEqual(['1', '3', '1', 'app'])
})

it('takes as many of them as fit, and denies a full limit without a command until it looks again', async () => {
  const fleet = new ManualFleet()
  const process = await knowing(fleet, 'app')
  const asked = Promise.all(Array.from({ length: 12 }, () => process.ask('app')))
  await settled()
  const denial = { kind: 'no', until: MINUTE + 60_000, disabled: false }
  expect((await asked).filter(({ kind }) => kind === 'yes')).toHaveLength(9)
  const before = fleet.commands('sync').length
  expect(process.ask('app')).toEqual(denial)
  await settled()
  expect(fleet.commands('sync')).toHaveLength(before)
  await fleet.clock.advance(600)
  expect(process.ask('app')).toEqual(denial)
  await fleet.clock.advance(50)
  expect(fleet.commands('sync').at(-1)!.args.slice(-3)).toEqual(['0', '1', 'app'])
  expect(fleet.fields('app')).toMatchObject({ [CELL]: 10, [PENDING]: 10 })
})

it('tells a limit of 0 and a usage above the limit from one that is reached', async () => {
  const fleet = new ManualFleet()
  fleet.limits = [{ metric: 'hits', period: 'day', max: 0, covers: ['hits'] }]
  const process = fleet.open()
  const asked = process.ask('app')
  await fleet.clock.advance(100)
  expect(await asked).toEqual({ kind: 'no', until: Number.POSITIVE_INFINITY, disabled: true })
})

it('decides about an unlimited application at once, and books it with the next heartbeat', async () => {
  const fleet = new ManualFleet()
  const process = await knowing(fleet, 'free')
  const before = fleet.seen.length
  for (let i = 0; i < 5; i++) expect(process.ask('free')).toEqual({ kind: 'yes', minute: MINUTE })
  await settled()
  expect(fleet.seen).toHaveLength(before)
  expect(process.store.unbooked().owed).toEqual([
    { application: 'free', minute: MINUTE, metric: 'hits', code: undefined, amount: 5 },
  ])
  await fleet.clock.advance(1200)
  expect(fleet.fields('free')).toMatchObject({ [PENDING]: 6 })
  expect(process.store.unbooked()).toEqual({ owed: [], doubtful: [] })
})

it('repeats a command unchanged until it is answered, and it counts once', async () => {
  const fleet = new ManualFleet()
  const process = await knowing(fleet, 'app')
  let lost = 0
  fleet.fate = () => (lost++ < 2 ? 'lost answer' : 'ok')
  const before = fleet.commands('sync').length
  const asked = process.ask('app')
  await fleet.clock.advance(2500)
  expect(await asked).toEqual({ kind: 'later' })
  const repeated = fleet.commands('sync').slice(before, before + 3)
  expect(new Set(repeated.map(({ args }) => args.join(' '))).size).toBe(1)
  // Nobody waited for it any more, so it was given back.
  expect(fleet.fields('app')).toMatchObject({ [CELL]: 1, [PENDING]: 1 })
})

it('asks again without a heartbeat what had to wait', async () => {
  const fleet = new ManualFleet()
  fleet.answers = false
  await settled()
  const process = fleet.open('two')
  const asked = process.ask('app')
  await settled()
  fleet.answers = true
  fleet.open().refresh(process.application('app'), fleet)
  await fleet.clock.advance(100)
  expect(await asked).toEqual({ kind: 'yes', minute: MINUTE })
})

it('law 8: what awaits the status of its response counts, and is reported with it', async () => {
  const fleet = new ManualFleet()
  const process = await knowing(fleet, 'app')
  const asked = process.ask('app', HITS, 'hold')
  await settled()
  expect(await asked).toEqual({ kind: 'yes', minute: MINUTE })
  expect(fleet.fields('app')).toMatchObject({ [CELL]: 2, [PENDING]: 1, [`*${MINUTE}|hits`]: 1 })
  expect((await process.store.take())!.rows).toMatchObject([{ metric: 'hits', code: undefined, amount: 1 }])
  process.store.release(process.application('app'), HITS, MINUTE, 404)
  expect(process.store.unbooked().owed).toEqual([])
  expect((await process.store.take())!.rows).toMatchObject([{ metric: 'hits', code: 404, amount: 1 }])
  expect(fleet.fields('app')[CELL]).toBe(2)
})

it('law 16: what awaits the status of its response is reported without it when the process has died', async () => {
  const fleet = new ManualFleet()
  const process = await knowing(fleet, 'app')
  const asked = process.ask('app', HITS, 'hold')
  await settled()
  await asked
  const first = await process.store.take()
  await process.store.settle(first!, 'acked')
  await fleet.clock.advance(3_700_000)
  const two = fleet.open('two')
  const found = two.ask('free')
  await fleet.clock.advance(100)
  await found
  expect(two.reports).toBe(1)
  const { rows } = (await two.store.take())!
  expect(rows).toContainEqual({ application: 'app', minute: MINUTE, metric: 'hits', code: undefined, amount: 1 })
})

it('books usage after the response with its status, whatever the limits say', async () => {
  const fleet = new ManualFleet()
  const process = await knowing(fleet, 'app')
  for (let i = 0; i < 20; i++) process.store.book(process.application('app'), HITS, 200)
  const row = { application: 'app', minute: MINUTE, metric: 'hits', code: 200, amount: 20 }
  expect(process.store.unbooked()).toEqual({ owed: [row], doubtful: [] })
  await settled()
  expect(fleet.fields('app')).toMatchObject({ [CELL]: 21, [`+${MINUTE}.200|hits`]: 20, [`*${MINUTE}|hits`]: 0 })
})

it('a look counts nothing', async () => {
  const fleet = new ManualFleet()
  const process = await knowing(fleet, 'app')
  const looks = Promise.all(Array.from({ length: 12 }, () => process.ask('app', HITS, 'look')))
  await settled()
  expect(new Set((await looks).map(({ kind }) => kind))).toEqual(new Set(['yes']))
  expect(fleet.fields('app')).toMatchObject({ [CELL]: 1, [PENDING]: 1 })
})

it('tells of usage that the layout does not settle, also where it was told while the request waited', async () => {
  const fleet = new ManualFleet()
  const process = await knowing(fleet, 'app')
  const application = process.application('app')
  const layout = application.layout!
  const print = layout.print.bind(layout)
  layout.print = (usage, minute) => ({ ...print(usage, minute), settled: false })
  expect(process.ask('app')).toEqual({ kind: 'unsettled' })
  application.layout = undefined
  const asked = process.ask('app')
  await fleet.clock.advance(100)
  expect(await asked).toEqual({ kind: 'unsettled' })
  expect(fleet.fields('app')).toMatchObject({ [CELL]: 1 })
})

it('while the store is away answers by its share of what was left, or by all of it, and says so', async () => {
  const fleet = new ManualFleet()
  const process = await knowing(fleet, 'app')
  await knowing(fleet, 'app', 'two')
  await fleet.clock.advance(1200)
  const asked = process.ask('app', HITS, 'look')
  await settled()
  await asked
  fleet.fate = () => new Error('READONLY You can not write against a read only replica.')
  const waits = process.ask('app')
  await fleet.clock.advance(6000)
  expect(await waits).toEqual({ kind: 'later' })
  expect(process.ask('app')).toEqual({ kind: 'later' })
  const alone = (whole: boolean) => process.store.askAlone(process.application('app'), HITS, 'count', whole).kind
  // Two of ten are used, and two processes share the rest.
  expect([1, 2, 3, 4, 5].map(() => alone(false))).toEqual(['yes', 'yes', 'yes', 'yes', 'later'])
  expect([1, 2, 3, 4, 5].map(() => alone(true))).toEqual(['yes', 'yes', 'yes', 'yes', 'later'])
  expect(process.store.stats()).toMatchObject({ state: 'failing', processes: 2 })
  fleet.fate = () => 'ok'
  await fleet.clock.advance(1500)
  expect(process.store.stats()).toMatchObject({ state: 'shared' })
  expect(process.messages.map(({ event, code }) => [event, code])).toEqual([
    ['failing', 'READONLY'],
    ['shared', undefined],
  ])
  expect(fleet.fields('app')).toMatchObject({ [CELL]: 10, [PENDING]: 10 })
})

it('law 10: a caller that is new here waits for a silent store as briefly as others, and not at all once it is down', async () => {
  const fleet = new ManualFleet()
  const process = await knowing(fleet, 'app')
  fleet.fate = () => 'lost request'
  const { store } = process
  const tell = () =>
    store.apply(process.application('new'), {
      asked: store.time(),
      layout: () => fleet.layoutOf('new'),
      windows: [{ start: MINUTE, end: MINUTE + 60_000, current: 0 }],
    })
  expect(await waitOf(fleet, tell())).toBeLessThanOrEqual(1500)
  await fleet.clock.advance(5000)
  const sent = fleet.seen.length
  expect(await waitOf(fleet, store.callers.find('a user key'))).toBe(0)
  expect(await waitOf(fleet, tell())).toBe(0)
  expect(fleet.seen).toHaveLength(sent)
})

it('law 10: keeps a bounded number of admissions while the store is away', async () => {
  const fleet = new ManualFleet({ maxPending: 1 })
  const process = await knowing(fleet, 'free')
  expect(process.ask('free')).toMatchObject({ kind: 'yes' })
  expect(process.ask('free')).toEqual({ kind: 'later' })
})

it('law 8: tells an emptied server again what nobody has reported, and its batches', async () => {
  const fleet = new ManualFleet()
  const process = await knowing(fleet, 'app')
  const batch = await process.store.take()
  await process.store.settle(batch!, 'flight')
  const more = process.ask('app')
  await settled()
  await more
  fleet.model.state.empty()
  fleet.model.runId = 'b1'
  await fleet.clock.advance(3000)
  expect(process.messages).toMatchObject([{ event: 'emptied' }])
  const fields = fleet.fields('app')
  expect(fields[PENDING]).toBeGreaterThanOrEqual(1)
  expect(fields[`-${batch!.id}|${MINUTE}|hits`]).toBe(1)
})

it('books usage without a limit once a second, however many applications are busy', async () => {
  const fleet = new ManualFleet()
  const process = await knowing(fleet, 'free')
  const busy = Array.from({ length: 600 }, (_, i) => `free ${i}`)
  // All are asked about, so that the process knows that they have no limits.
  const limits = fleet.limits
  fleet.limits = []
  await Promise.all([...busy.map((id) => process.ask(id)), fleet.clock.advance(3000)])
  fleet.limits = limits
  await fleet.clock.advance(3000)
  const before = fleet.commands('sync').length
  let asked = 0
  const askAll = () => {
    for (const id of busy) if (!(process.ask(id) instanceof Promise)) asked += 1
  }
  // Requests come while each command is under way.
  fleet.fate = ({ name }) => {
    if (name === 'sync' && asked < 100 * busy.length) askAll()
    return 'ok'
  }
  askAll()
  for (let step = 0; step < 20; step++) await fleet.clock.advance(100)
  // Two or three heartbeats, each with three commands.
  expect(fleet.commands('sync').length - before).toBeLessThanOrEqual(10)
  const taken = process.store.take()
  await fleet.clock.advance(10)
  expect((await taken)!.rows.length).toBeGreaterThan(busy.length)
  expect(asked).toBeLessThan(100 * busy.length)
})

it('parts a batch: each part has an outcome of its own', async () => {
  const fleet = new ManualFleet()
  const process = await knowing(fleet, 'app')
  await knowing(fleet, 'free')
  const batch = (await process.store.take())!
  expect(batch.rows.map(({ application }) => application).sort()).toEqual(['app', 'free'])
  const part = (await process.store.part(batch, [batch.rows.find(({ application }) => application === 'free')!]))!
  expect(part.rows).toMatchObject([{ application: 'free', amount: 1 }])
  expect(batch.rows).toMatchObject([{ application: 'app' }])
  expect(await process.store.settle(part, 'gone')).toBe(true)
  expect(await process.store.settle(batch, 'back')).toBe(true)
  expect(Object.keys(fleet.fields('free')).filter((field) => /^[+-]/.test(field))).toEqual([])
  expect(fleet.fields('app')[PENDING]).toBe(1)
})

it('law 10: waits for a part of a batch for a while only; what the server made of it meanwhile goes back', async () => {
  const fleet = new ManualFleet()
  const process = await knowing(fleet, 'app')
  await knowing(fleet, 'free')
  const batch = (await process.store.take())!
  fleet.fate = () => 'lost answer'
  let part: unknown = 'none yet'
  const parting = process.store.part(batch, [batch.rows.find(({ application }) => application === 'free')!])
  void parting.then((made) => {
    part = made
  })
  await fleet.clock.advance(60_000)
  expect(part).toBeUndefined()
  fleet.fate = () => 'ok'
  await fleet.clock.advance(5000)
  expect(fleet.fields('free')[PENDING]).toBe(1)
  expect(await process.store.settle(batch, 'back')).toBe(true)
  expect(fleet.fields('app')[PENDING]).toBe(1)
})

it('law 16: close books what is owed and leaves the fleet', async () => {
  const fleet = new ManualFleet()
  const process = await knowing(fleet, 'free')
  process.ask('free')
  const closed = process.store.close()
  await fleet.clock.advance(4000)
  expect(await closed).toEqual({ owed: [], doubtful: [] })
  expect(fleet.fields('free')[PENDING]).toBe(2)
  expect(fleet.model.state.beat.size).toBe(0)
  expect(process.ask('free')).toEqual({ kind: 'later' })
})

it('law 16: close tells what it could not book', async () => {
  const fleet = new ManualFleet()
  const process = await knowing(fleet, 'free')
  process.ask('free')
  fleet.fate = () => 'lost request'
  const closed = process.store.close({ timeoutMs: 2000 })
  await fleet.clock.advance(3000)
  const { owed, doubtful } = await closed
  expect([...owed, ...doubtful]).toMatchObject([{ application: 'free', metric: 'hits', amount: 1 }])
})

it('law 11: leaves and keeps no timer after ten seconds without a request, and comes back', async () => {
  const fleet = new ManualFleet()
  const process = await knowing(fleet, 'app')
  const batch = await process.store.take()
  await process.store.settle(batch!, 'acked')
  await fleet.clock.advance(60_000)
  expect(fleet.clock.timers).toBe(0)
  expect([process.store.stats().state, fleet.model.state.beat.size]).toEqual(['idle', 0])
  const asked = process.ask('app')
  await fleet.clock.advance(200)
  expect((await asked).kind).toBe('yes')
})

it('law 16: stays while usage of a process that died waits, and reports it', async () => {
  const fleet = new ManualFleet()
  const [one, two] = [await knowing(fleet, 'free'), await knowing(fleet, 'app', 'two')]
  const batch = await two.store.take()
  await two.store.settle(batch!, 'acked')
  one.ask('free')
  await fleet.clock.advance(1300)
  fleet.fate = ({ process }) => (process === 'one' ? 'lost request' : 'ok')
  await fleet.clock.advance(20_000)
  expect(two.store.stats().state).toBe('shared')
  expect(two.reports).toBeGreaterThan(0)
})

it('law 16: stays while a process that died has taken usage, and puts it back', async () => {
  const fleet = new ManualFleet()
  const [one, two] = [await knowing(fleet, 'free'), await knowing(fleet, 'app', 'two')]
  expect((await one.store.take())!.rows).toHaveLength(2)
  fleet.fate = ({ process }) => (process === 'one' ? 'lost request' : 'ok')
  await fleet.clock.advance(60_000)
  expect(two.reports).toBeGreaterThan(0)
  expect((await two.store.take())!.rows).toHaveLength(2)
})

it('law 17: its work belongs to no request', async () => {
  const fleet = new ManualFleet()
  const requests = new AsyncLocalStorage<string>()
  const contexts = new Set<string | undefined>()
  fleet.fate = () => {
    contexts.add(requests.getStore())
    return 'ok'
  }
  const process = fleet.open()
  const asked = requests.run('a request', () => process.ask('app'))
  await fleet.clock.advance(3000)
  await asked
  contexts.delete(undefined)
  expect(contexts).toEqual(new Set())
})

it('law 15: a refresh does not replace a layout that it has not seen', async () => {
  const fleet = new ManualFleet()
  const one = await knowing(fleet, 'app')
  const two = await knowing(fleet, 'app', 'two')
  fleet.limits = [{ metric: 'hits', period: 'minute', max: 10, covers: ['hits', 'found by one'] }]
  one.refresh(one.application('app'), fleet)
  await settled()
  const learned = fleet.layoutOf('app')
  const old = two.application('app').layout!
  await fleet.clock.advance(100)
  const layouts: (string | undefined)[] = []
  await two.store.apply(two.application('app'), {
    asked: two.store.time(),
    layout: () => {
      layouts.push(two.application('app').layout?.name)
      return layouts.length === 1 ? old : learned
    },
    windows: [{ start: MINUTE, end: MINUTE + 60_000, current: 0 }],
  })
  expect(layouts).toEqual([old.name, learned.name])
  expect(fleet.fields('app')).toMatchObject({ v: learned.name })
})

it('while 3scale does not answer, requests wait for a proof once, and may go by the counts there are', async () => {
  const fleet = new ManualFleet()
  const process = await knowing(fleet, 'app')
  fleet.answers = false
  await fleet.clock.advance(61_000)
  const unproved = { kind: 'later', unproved: true }
  const asked = process.ask('app')
  await fleet.clock.advance(1700)
  expect(await asked).toEqual(unproved)
  // No other request waits for the next ten seconds.
  for (let second = 0; second < 9; second++) {
    expect(process.ask('app')).toEqual(unproved)
    await fleet.clock.advance(1000)
  }
  const aged = Promise.all(
    Array.from({ length: 12 }, () => process.store.ask(process.application('app'), HITS, 'count', true)),
  )
  await settled()
  expect((await aged).filter(({ kind }) => kind === 'yes')).toHaveLength(10)
  // It is still found out that 3scale has to be asked, and its answer ends the wait.
  fleet.answers = true
  await fleet.clock.advance(3000)
  const again = process.ask('app')
  await fleet.clock.advance(200)
  expect((await again).kind).toBe('no')
})

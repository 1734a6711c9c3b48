import { execFileSync } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { basename, join } from 'node:path'
import type { RecoveredRow } from '@threescale/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { eventually } from '../../../../test/support/eventually.ts'
import { holdLock } from '../../src/directory/lock.ts'
import { readFolder } from '../../src/directory/read-folder.ts'
import { readHeader, writeHeader } from '../../src/format/header.ts'
import { RecordBuffer } from '../../src/format/record-buffer.ts'
import { foldersIn, newDirectory, openWriter, turn } from '../support/journal-directory.ts'
import { type Move, moves, play } from '../support/moves.ts'
import { readAtDeath } from '../support/read-state.ts'
import { SmallLedger, type Totals, UNPROVED } from '../support/small-ledger.ts'

/** Acknowledged usage is never old enough to be forgotten. */
const TWO_SERVICES = { services: ['s1', 's2'], keepMs: 2 ** 40 }

/** A process that admitted so much in a directory and died. @returns what it held. */
async function die(directory: string, ledger: SmallLedger, admit: () => void): Promise<Totals> {
  const writer = await openWriter(ledger, directory)
  admit()
  await writer.close()
  return ledger.totals()
}

async function dieWithHits(directory: string, hits: number, ledger = new SmallLedger()): Promise<Totals> {
  return await die(directory, ledger, () => ledger.book(ledger.application('a'), { hits }))
}

const sum = (...all: Totals[]): Totals => {
  const sums: Totals = {}
  for (const totals of all) for (const [key, amount] of Object.entries(totals)) sums[key] = (sums[key] ?? 0) + amount
  return sums
}

describe('law 16: usage of a dead process', () => {
  it('is taken over in the state in which it died', async () => {
    await fc.assert(
      fc.asyncProperty(moves, moves, async (before, after) => {
        const directory = newDirectory()
        const ledger = new SmallLedger(TWO_SERVICES)
        const held = await die(directory, ledger, () => {
          for (const move of before) play(ledger, move)
        })
        const next = new SmallLedger(TWO_SERVICES)
        next.time = ledger.time
        const writer = await openWriter(next, directory)
        expect(next.totals()).toEqual(held)
        // From now on it is the next process's own, which may die at any moment, too.
        for (const move of after) play(next, move)
        await turn()
        await writer.close()
        const last = new SmallLedger(TWO_SERVICES)
        last.time = next.time
        await openWriter(last, directory)
        expect(last.totals()).toEqual(next.totals())
      }),
      { numRuns: 40 },
    )
  })

  it('is taken over once, by one of several processes that start at the same moment', async () => {
    const directory = newDirectory()
    const dying = Array.from({ length: 5 }, () => new SmallLedger())
    const writers = await Promise.all(dying.map((ledger) => openWriter(ledger, directory)))
    for (const [index, ledger] of dying.entries()) ledger.book(ledger.application('a'), { hits: index + 1 })
    const held = dying.map((ledger) => ledger.totals())
    await Promise.all(writers.map((writer) => writer.close()))
    const next = Array.from({ length: 4 }, () => new SmallLedger())
    await Promise.all(next.map((ledger) => openWriter(ledger, directory)))
    expect(sum(...next.map((ledger) => ledger.totals()))).toEqual(sum(...held))
    expect(foldersIn(directory)).toHaveLength(4)
  })

  it('is neither lost nor doubled when the process that takes it over dies, wherever it was', async () => {
    for (let step = 0; step < 5; step++) {
      const directory = newDirectory()
      const ledger = new SmallLedger()
      const held = await die(directory, ledger, () => {
        for (const id of ['a', 'b', 'c']) ledger.book(ledger.application(id), { hits: 1 })
        ledger.settle(ledger.take()!, 'sending')
        for (const id of ['a', 'b', 'c']) ledger.book(ledger.application(id), { words: 2 })
      })
      const next = new SmallLedger()
      await openWriter(next, await dyingAt(step, directory))
      expect(next.totals()).toEqual(held)
    }
  })

  it('is taken over through many processes that die while they take it over', async () => {
    // So deep that each path that grew would soon be too long for the system.
    const deep = () => join(newDirectory(), ...Array(15).fill('x'.repeat(250)))
    let directory = deep()
    const held = await dieWithHits(directory, 3)
    for (let generation = 0; generation < 12; generation++) directory = await dyingAt(0, directory, deep())
    const next = new SmallLedger()
    await openWriter(next, directory)
    expect(next.totals()).toEqual(held)
    expect(next.told).toMatchObject([{ event: 'recovered' }])
  })

  it('is neither lost nor doubled, whenever a process dies that takes it over and goes on meanwhile', async () => {
    const one = fc.record({ own: moves, meanwhile: moves, pick: fc.nat() })
    await fc.assert(
      fc.asyncProperty(fc.array(one, { minLength: 2, maxLength: 4 }), async (generations) => {
        let death: Death = { folder: undefined, held: {} }
        for (const { own, meanwhile, pick } of generations) {
          const directory = newDirectory()
          const ledger = new SmallLedger(TWO_SERVICES)
          const writer = await openWriter(ledger, directory)
          for (const move of own) play(ledger, move)
          await place(death, directory)
          const deaths = deathsOf(ledger, directory, death, meanwhile)
          await writer.recover()
          for (const move of meanwhile) {
            play(ledger, move)
            deaths.push(deathNow(ledger, directory, {}))
          }
          for (const { folder, held } of deaths) {
            expect(proved(readAtDeath(await readFolder(folder!)).totals)).toEqual(proved(held))
          }
          death = deaths[pick % deaths.length]!
        }
      }),
      { numRuns: 12 },
    )
  })

  it('is left alone while its process lives, and taken over by a process that lives already', async () => {
    const directory = newDirectory()
    const living = new SmallLedger()
    const writer = await openWriter(living, directory)
    living.book(living.application('a'), { hits: 1 })
    const other = new SmallLedger()
    await openWriter(other, directory, { lookMs: 10 })
    expect(other.totals()).toEqual({})
    await writer.close()
    await eventually(() => Object.keys(other.totals()).length > 0, 'the other takes it over')
    expect(other.totals()).toEqual(living.totals())
  })

  it('of a path that is too long for a socket is taken over', async () => {
    const directory = join(newDirectory(), 'x'.repeat(200))
    const held = await dieWithHits(directory, 4)
    const next = new SmallLedger()
    await openWriter(next, directory)
    expect(next.totals()).toEqual(held)
  })
})

describe('files that are left alone', () => {
  it.each([
    ['of a gateway with other services', { services: ['s2'] }],
    ['of another backend', { backend: 'http://other' }],
  ])('are those %s', async (_, differs) => {
    const directory = newDirectory()
    await dieWithHits(directory, 1)
    const next = new SmallLedger(differs)
    await openWriter(next, directory)
    expect(next.totals()).toEqual({})
    expect(next.told).toMatchObject([{ event: 'other-services' }])
    const owner = new SmallLedger()
    await openWriter(owner, directory)
    expect(Object.keys(owner.totals())).toHaveLength(1)
  })

  it('are those of another version, and foreign ones; each is told once', async () => {
    const directory = newDirectory()
    await dieWithHits(directory, 1)
    const [folder] = foldersIn(directory)
    const bytes = readFileSync(join(folder!, '1.usage'))
    bytes[16] = 2
    writeFileSync(join(folder!, '1.usage'), bytes)
    writeFileSync(join(directory, 'notes.txt'), 'mine')
    const next = new SmallLedger()
    await openWriter(next, directory, { lookMs: 5 })
    next.book(next.application('a'), { hits: 1 })
    await turn()
    expect(next.told.map(({ event, path }) => `${event} ${basename(path)}`).sort()).toEqual([
      'foreign notes.txt',
      'version 1.usage',
    ])
    expect(readFileSync(join(folder!, '1.usage'))).toEqual(bytes)
    expect(readFileSync(join(directory, 'notes.txt'), 'utf8')).toBe('mine')
  })

  it('may be those of another machine, until they have been silent for ten minutes', async () => {
    const directory = newDirectory()
    const held = await dieWithHits(directory, 1)
    const [folder] = foldersIn(directory)
    // The socket of another machine's process does not answer here, though it lives.
    rewriteMachine(join(folder!, '1.usage'))
    const early = new SmallLedger()
    await (await openWriter(early, directory)).close()
    expect(early.totals()).toEqual({})
    const longAgo = Date.now() / 1000 - 601
    for (const path of [folder!, join(folder!, '1.usage')]) utimesSync(path, longAgo, longAgo)
    const late = new SmallLedger()
    await openWriter(late, directory)
    expect(late.totals()).toEqual(held)
  })

  it('are those of a process that is not ready', async () => {
    const directory = newDirectory()
    mkdirSync(join(directory, 'new-0123456789abcdef'), { recursive: true })
    const next = new SmallLedger()
    await openWriter(next, directory)
    expect(readdirSync(directory)).toContain('new-0123456789abcdef')
    expect(next.told).toEqual([])
  })
})

describe('what cannot be read', () => {
  it.each([
    ['the first bytes', 0, 3],
    ['the header', 40, 3],
    ['most of the header', 20, 100],
  ])('at the beginning (%s) is told, and all other records count', async (_, from, bytes) => {
    const directory = newDirectory()
    const ledger = new SmallLedger()
    await die(directory, ledger, () => {
      for (let i = 0; i < 3; i++) ledger.book(ledger.application('a'), { hits: 1 })
    })
    damage(join(foldersIn(directory)[0]!, '1.usage'), from, bytes)
    // Another gateway's process leaves it alone.
    const other = new SmallLedger({ services: ['s2'] })
    await openWriter(other, directory)
    expect(other.told).toMatchObject([{ event: 'other-services' }])
    const next = new SmallLedger()
    await openWriter(next, directory)
    expect(next.totals()).toEqual({ 'ambiguous s1 a 29474540 hits false': 3 })
    expect(next.told).toMatchObject([{ event: 'damaged' }, { event: 'recovered' }])
  })

  it('of the whole beginning leaves the files alone, because they may be of any gateway', async () => {
    const directory = newDirectory()
    await dieWithHits(directory, 1)
    const file = join(foldersIn(directory)[0]!, '1.usage')
    damage(file, 20, 300)
    const next = new SmallLedger()
    await openWriter(next, directory)
    expect(next.told).toMatchObject([{ event: 'unreadable', path: file }])
    expect(existsSync(file)).toBe(true)
  })

  it.skipIf(process.platform === 'win32')('because it is no file stops nothing, and is told', async () => {
    const directory = newDirectory()
    const held = await dieWithHits(directory, 1)
    const [folder] = foldersIn(directory)
    execFileSync('mkfifo', [join(folder!, '7.usage'), join(directory, 'a'.repeat(16))])
    symlinkSync('/dev/zero', join(folder!, '8.usage'))
    symlinkSync(folder!, join(directory, 'b'.repeat(16)))
    const next = new SmallLedger()
    await openWriter(next, directory)
    expect(next.totals()).toEqual(held)
    expect(next.told.map(({ event, path }) => `${event} ${basename(path)}`).sort()).toEqual([
      'foreign 7.usage',
      'foreign 8.usage',
      `foreign ${'a'.repeat(16)}`,
      `foreign ${'b'.repeat(16)}`,
      `recovered ${basename(folder!)}`,
    ])
  })

  it('in the middle makes what waits ambiguous', async () => {
    const directory = newDirectory()
    const ledger = new SmallLedger()
    await die(directory, ledger, () => {
      for (let i = 0; i < 10; i++) ledger.book(ledger.application('a'), { hits: 1 })
    })
    const file = join(foldersIn(directory)[0]!, '1.usage')
    const bytes = readFileSync(file)
    bytes[bytes.length - 60]! ^= 1
    writeFileSync(file, bytes)
    const next = new SmallLedger()
    await openWriter(next, directory)
    expect(next.totals()).toEqual({ 'ambiguous s1 a 29474540 hits false': 9 })
    expect(next.told).toMatchObject([{ event: 'damaged', bytes: expect.any(Number) }, { event: 'recovered' }])
  })

  it('at the end is told, and nothing else is lost', async () => {
    const directory = newDirectory()
    const ledger = new SmallLedger()
    const held = await die(directory, ledger, () => {
      ledger.book(ledger.application('a'), { hits: 2 })
    })
    const file = join(foldersIn(directory)[0]!, '1.usage')
    writeFileSync(file, Buffer.concat([readFileSync(file), Buffer.from([9, 0, 0])]))
    const next = new SmallLedger()
    await openWriter(next, directory)
    expect(next.totals()).toEqual(held)
    expect(next.told).toMatchObject([{ event: 'torn', bytes: 3 }, { event: 'recovered' }])
  })
})

/** The folder of a dead process. */
const DEAD = '00000000000000ff'

/** A process that died at some moment. */
interface Death {
  /** A copy of its folder, without its lock. */
  readonly folder: string | undefined
  readonly held: Totals
}

/** Lets a dead process be found in a directory. */
async function place({ folder }: Death, directory: string): Promise<void> {
  if (folder === undefined) return
  const unfinished = join(directory, `new-${DEAD}`)
  cpSync(folder, unfinished, { recursive: true })
  const lock = await holdLock(unfinished)
  renameSync(unfinished, join(directory, DEAD))
  lock.release()
}

/** The death of the process of a ledger that has yet to take over the rest of another one. */
function deathNow(ledger: SmallLedger, directory: string, rest: Totals): Death {
  const folder = newDirectory()
  const own = foldersIn(directory).find((one) => !one.endsWith(DEAD))!
  cpSync(own, folder, { recursive: true, filter: (path) => !path.endsWith('lock') })
  return { folder, held: sum(ledger.totals(), rest) }
}

/**
 * The deaths that a process could have while it takes over another one, and goes on with its own usage.
 *
 * @param dead what it takes over. @param meanwhile what happens between two steps of that.
 */
function deathsOf(ledger: SmallLedger, directory: string, dead: Death, meanwhile: readonly Move[]): Death[] {
  const deaths: Death[] = []
  const rest = { ...dead.held }
  const next = meanwhile.values()
  const dieHere = () => deaths.push(deathNow(ledger, directory, rest))
  const goOn = (): void => {
    const { value } = next.next()
    if (value !== undefined) play(ledger, value)
    dieHere()
  }
  const taken = (word: string, service: string | undefined, id: string | undefined, rows: readonly RecoveredRow[]) => {
    for (const { minute, resent, usage } of rows) {
      for (const [metric, amount] of Object.entries(usage)) {
        rest[[word, service, id ?? UNPROVED, minute / 60_000, metric, resent].join(' ')]! -= amount
      }
    }
  }
  const { recover, recoverBatch } = ledger
  ledger.recover = (usage) => {
    dieHere()
    recover.call(ledger, usage)
    taken('waiting', usage.service, usage.application, usage.waiting)
    taken('maybe-counted', usage.service, usage.application, usage.maybeCounted)
    // What is left of an unproved caller is told, and is over after that.
    if (usage.application !== undefined) goOn()
  }
  ledger.recoverBatch = (batch) => {
    goOn()
    for (const row of batch.rows) taken(batch.state, batch.service, row.application, [row])
    return recoverBatch.call(ledger, batch)
  }
  return deaths
}

/** Usage of callers that an answer has proved; that of others is told, and not kept. */
function proved(totals: Totals): Totals {
  return Object.fromEntries(
    Object.entries(totals).filter(([key, amount]) => amount !== 0 && key.split(' ')[2] !== UNPROVED),
  )
}

/** The directory that a process leaves which dies at the given step of a take-over. */
async function dyingAt(step: number, directory: string, left = newDirectory()): Promise<string> {
  const ledger = new SmallLedger()
  let steps = 0
  const dieHere = (): void => {
    if (steps++ !== step) return
    for (const folder of foldersIn(directory)) {
      // Only what the process has in its own folder; the lock is made anew, because a socket cannot be copied.
      cpSync(folder, join(left, `new-${folder.slice(-16)}`), {
        recursive: true,
        filter: (path) => !path.endsWith('lock'),
      })
    }
  }
  const { recover, recoverBatch } = ledger
  ledger.recover = (usage) => {
    dieHere()
    recover.call(ledger, usage)
  }
  ledger.recoverBatch = (batch) => {
    dieHere()
    return recoverBatch.call(ledger, batch)
  }
  const writer = await openWriter(ledger, directory)
  // It died after everything was taken over.
  while (steps <= step) dieHere()
  await writer.close()
  for (const name of readdirSync(left)) {
    const lock = await holdLock(join(left, name))
    renameSync(join(left, name), join(left, name.slice(-16)))
    lock.release()
  }
  return left
}

/** Changes bytes of a file; none stays as it was. */
function damage(path: string, from: number, bytes: number): void {
  const content = readFileSync(path)
  for (let at = from; at < Math.min(from + bytes, content.length); at++) content[at]! ^= 0x55
  writeFileSync(path, content)
}

function rewriteMachine(path: string): void {
  const ledger = new SmallLedger()
  const bytes = readFileSync(path)
  const head = readHeader(bytes)
  if (typeof head === 'string') throw new Error(head)
  const buffer = new RecordBuffer()
  // As long as before, because the place of a record is part of its checksum.
  const machine = head.header.machine.replaceAll(/./g, 'x')
  writeHeader(buffer, { ...head.header, services: ledger.services as string[], machine })
  bytes.set(buffer.bytes.subarray(0, buffer.length))
  writeFileSync(path, bytes)
}

import { cpSync, existsSync, readdirSync, readlinkSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { eventually } from '../../../../test/support/eventually.ts'
import { readFolder } from '../../src/directory/read-folder.ts'
import { foldersIn, newDirectory, openWriter, turn } from '../support/journal-directory.ts'
import { moves, play } from '../support/moves.ts'
import { readAtDeath } from '../support/read-state.ts'
import { SmallLedger, type Totals } from '../support/small-ledger.ts'

/** 1500 admissions make a file so large that a new one is begun. */
const SMALL = 256 * 1024

/** What a process finds that takes over after a crash at this moment. */
async function foundIn(directory: string): Promise<Totals> {
  const copy = newDirectory()
  // In one synchronous step, because the writer goes on.
  cpSync(foldersIn(directory)[0]!, copy, { recursive: true, filter: (path) => !path.endsWith('lock') })
  return readAtDeath(await readFolder(copy)).totals
}

/** Files and folders below a directory that this process has open. */
function openBelow(directory: string): string[] {
  return readdirSync('/proc/self/fd').flatMap((name) => {
    try {
      const path = readlinkSync(`/proc/self/fd/${name}`)
      return path.startsWith(directory) ? [path] : []
    } catch {
      return []
    }
  })
}

/** Admits so much that a new file is begun. */
function fill(ledger: SmallLedger, times = 1500): void {
  for (let i = 0; i < times; i++) ledger.book(ledger.application(`application ${i % 7}`), { hits: 1 })
}

describe('law 16: the files', () => {
  it('hold what the ledger holds, at any moment, through new files', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(moves, { minLength: 1, maxLength: 6 }), async (lists) => {
        const directory = newDirectory()
        const ledger = new SmallLedger({ services: ['s1', undefined] })
        const writer = await openWriter(ledger, directory, { maxBytes: SMALL })
        for (const list of lists) {
          for (const move of list) play(ledger, move)
          fill(ledger)
          expect(await foundIn(directory)).toEqual(ledger.totals())
          await turn()
          expect(await foundIn(directory)).toEqual(ledger.totals())
        }
        expect(writer.stats()).toMatchObject({ state: 'working', unwritten: 0 })
        await writer.close()
        rmSync(directory, { recursive: true, force: true })
      }),
      { numRuns: 25 },
    )
  })

  it('hold usage that passes to another application while a file is filled', async () => {
    const directory = newDirectory()
    const ledger = new SmallLedger()
    const writer = await openWriter(ledger, directory, { maxBytes: SMALL })
    const unproved = ledger.application(undefined)
    ledger.book(unproved, { hits: 9 })
    let filled = false
    ledger.unsettled = function* () {
      const copied = [...ledger.applications]
      if (!filled) ledger.adopt(unproved, ledger.application('proved now'))
      filled = true
      for (const application of copied) yield ledger.usageOf(application)
    }
    fill(ledger, 2000)
    while (!filled) await turn()
    expect(await foundIn(directory)).toEqual(ledger.totals())
    expect(writer.stats().state).toBe('working')
  })

  it('stay small while usage is settled', async () => {
    const directory = newDirectory()
    const ledger = new SmallLedger()
    const writer = await openWriter(ledger, directory, { maxBytes: SMALL })
    for (let round = 0; round < 20; round++) {
      fill(ledger)
      const batch = ledger.take()!
      ledger.settle(batch, 'given-up')
      await turn()
    }
    await eventually(() => readdirSync(foldersIn(directory)[0]!).length === 2, 'older files are removed')
    expect(writer.stats()).toMatchObject({ state: 'working', written: 30_000, unwritten: 0 })
    expect(writer.stats().bytes).toBeLessThan(SMALL / 2)
  })

  it('are gone when the gateway closes with nothing left, and stay otherwise', async () => {
    const directory = newDirectory()
    const ledger = new SmallLedger()
    const first = await openWriter(ledger, directory)
    expect(foldersIn(directory)).toHaveLength(1)
    await first.close()
    expect(foldersIn(directory)).toEqual([])
    const second = await openWriter(ledger, directory)
    ledger.book(ledger.application('a'), { hits: 1 })
    await second.close()
    expect(foldersIn(directory)).toHaveLength(1)
    expect(second.stats().state).toBe('closed')
  })

  it('hold nothing a while after everything is settled', async () => {
    const directory = newDirectory()
    const ledger = new SmallLedger()
    const writer = await openWriter(ledger, directory, { lookMs: 10 })
    const { bytes } = writer.stats()
    ledger.book(ledger.application('a'), { hits: 1 })
    ledger.settle(ledger.take()!, 'given-up')
    await eventually(() => writer.stats().bytes === bytes, 'the file is begun anew')
  })

  it('law 5: are for their user alone', async () => {
    const directory = newDirectory()
    await openWriter(new SmallLedger(), directory)
    const [folder] = foldersIn(directory)
    expect(statSync(directory).mode & 0o777).toBe(0o700)
    expect(statSync(folder!).mode & 0o777).toBe(0o700)
    expect(statSync(join(folder!, '1.usage')).mode & 0o777).toBe(0o600)
  })

  it('law 11: do not exist before the journal is opened', async () => {
    const directory = newDirectory()
    expect(existsSync(directory)).toBe(false)
  })
})

describe('where nothing can be written', () => {
  it.skipIf(!existsSync('/proc/self/fd'))('no file stays open after the end', async () => {
    for (const fail of [
      // No room; no room for a move; no directory; a directory that comes back; nothing from the beginning on.
      (ledger: SmallLedger) => fill(ledger, 4000),
      (ledger: SmallLedger) => {
        for (let i = 0; i < 1500; i++) ledger.book(ledger.application(`application ${i}`), { hits: 1 })
        ledger.settle(ledger.take()!, 'sending')
      },
      (ledger: SmallLedger, directory: string) => {
        rmSync(directory, { recursive: true })
        fill(ledger, 600)
        ledger.settle(ledger.take()!, 'waiting')
      },
      (ledger: SmallLedger, directory: string) => {
        rmSync(directory, { recursive: true })
        ledger.writer!.recover()
        fill(ledger, 600)
      },
    ]) {
      for (const sync of ['write', 'disk'] as const) {
        const directory = join(newDirectory(), 'x'.repeat(100))
        const ledger = new SmallLedger()
        const writer = await openWriter(ledger, directory, { sync, maxBytes: 64 * 1024 })
        fail(ledger, directory)
        await turn()
        await writer.close()
        await writer.close()
        await eventually(() => openBelow(directory).length === 0, 'all files are closed')
      }
    }
  })

  it('the gateway is told once and goes on; usage is written once it can be', async () => {
    const directory = newDirectory()
    writeFileSync(directory, 'a file where the directory should be')
    const ledger = new SmallLedger()
    const writer = await openWriter(ledger, directory)
    ledger.book(ledger.application('a'), { hits: 2 })
    expect(ledger.told).toMatchObject([{ event: 'failed', code: 'EEXIST', path: directory }])
    expect(writer.stats()).toMatchObject({ state: 'failing', written: 0, unwritten: 1 })
    rmSync(directory)
    await eventually(() => writer.stats().state === 'working', 'it writes again')
    expect(await foundIn(directory)).toEqual(ledger.totals())
    expect(ledger.told.map(({ event }) => event)).toEqual(['failed', 'working'])
  })

  it('more than maxBytes allow is told and not written', async () => {
    const directory = newDirectory()
    const ledger = new SmallLedger()
    const writer = await openWriter(ledger, directory, { maxBytes: 64 * 1024 })
    const many = (from: number) => {
      for (let i = from; i < from + 4000; i++) ledger.book(ledger.application(`application ${i}`), { hits: 1 })
    }
    many(0)
    await eventually(() => ledger.told.length > 0, 'it is told')
    expect(ledger.told).toMatchObject([{ event: 'full' }])
    expect(writer.stats()).toMatchObject({ state: 'failing', unwritten: expect.any(Number) })
    for (const folder of foldersIn(directory)) {
      const bytes = readdirSync(folder).map((name) => statSync(join(folder, name)).size)
      expect(bytes.reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(64 * 1024)
    }
    ledger.settle(ledger.take()!, 'given-up')
    await eventually(() => writer.stats().state === 'working', 'it writes again')
    ledger.book(ledger.application('a'), { hits: 1 })
    expect(await foundIn(directory)).toEqual(ledger.totals())
  })

  it('a move that cannot be written empties the files, so that nothing counts twice', async () => {
    const directory = newDirectory()
    const ledger = new SmallLedger()
    const writer = await openWriter(ledger, directory, { maxBytes: 64 * 1024 })
    for (let i = 0; i < 1500; i++) ledger.book(ledger.application(`application ${i}`), { hits: 1 })
    // 1500 rows and their names: more than the bound.
    for (let i = 0; i < 2; i++) {
      const batch = ledger.take()!
      ledger.settle(batch, 'sending')
      const found = await foundIn(directory)
      expect(Object.keys(found).filter((key) => key.startsWith('waiting'))).toEqual([])
      ledger.settle(batch, 'waiting')
    }
    ledger.settle(ledger.take()!, 'given-up')
    await eventually(() => writer.stats().state === 'working', 'it writes again')
    expect(await foundIn(directory)).toEqual({})
  })

  it('a move that cannot be written throws nothing, although no file can be begun anew', async () => {
    const directory = newDirectory()
    const ledger = new SmallLedger()
    const writer = await openWriter(ledger, directory, { maxBytes: 64 * 1024 })
    for (let i = 0; i < 1500; i++) ledger.book(ledger.application(`application ${i}`), { hits: 1 })
    rmSync(directory, { recursive: true })
    for (let i = 0; i < 2; i++) ledger.settle(ledger.take()!, 'waiting')
    expect(writer.stats().state).toBe('failing')
    ledger.settle(ledger.take()!, 'given-up')
    await eventually(() => writer.stats().state === 'working', 'it writes again')
  })

  it('files that were removed are made anew', async () => {
    const directory = newDirectory()
    const ledger = new SmallLedger()
    const writer = await openWriter(ledger, directory, { lookMs: 10 })
    ledger.book(ledger.application('a'), { hits: 1 })
    rmSync(directory, { recursive: true })
    await eventually(() => ledger.told.some(({ event }) => event === 'working'), 'it writes again')
    expect(await foundIn(directory)).toEqual(ledger.totals())
    expect(ledger.told[0]).toMatchObject({ event: 'failed', code: 'ENOENT' })
    expect(writer.stats().state).toBe('working')
  })
})

it("sync: 'disk' asks the disk to keep what was written", async () => {
  const directory = newDirectory()
  const ledger = new SmallLedger()
  const writer = await openWriter(ledger, directory, { sync: 'disk', maxBytes: SMALL })
  for (let round = 0; round < 5; round++) {
    fill(ledger)
    await turn()
  }
  await writer.close()
  expect(await foundIn(directory)).toEqual(ledger.totals())
  expect(ledger.told).toEqual([])
})

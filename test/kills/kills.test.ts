import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createEmulator, demoState } from '@threescale/emulator'
import { describe, expect, it, onTestFinished } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { KilledServer, newTally, type ServerSettings, type Tally } from './killed-server.ts'

/** How many processes are killed; `KILLS=200` is the long run. */
const KILLS = Number(process.env.KILLS ?? 10)
const TIMEOUT_MS = 60_000 + 5000 * KILLS

/** Waits for something that a busy machine may take long for. */
async function until(reached: () => boolean, what: string): Promise<void> {
  for (let seconds = 0; seconds < 6 && !reached(); seconds++) await eventually(reached, what).catch(() => {})
  if (!reached()) throw new Error(`did not happen within thirty seconds: ${what}`)
}

/** Waits for some answers: fifty, and at most so many more. */
async function answers(tally: Tally, most: number): Promise<void> {
  const enough = tally.answered + 50 + Math.floor(Math.random() * most)
  await until(() => tally.answered >= enough, 'requests are answered')
}

interface World {
  readonly settings: ServerSettings
  readonly tally: Tally
  /** Hits that the backend has counted. */
  counted(): number
}

async function open(ambiguous: ServerSettings['ambiguous']): Promise<World> {
  const parent = mkdtempSync(join(tmpdir(), 'threescale-kills-'))
  const state = demoState()
  // Limits that are never reached: their counts can show that a report was not counted.
  for (const limit of state.services[0]!.plans![0]!.limits!) limit.value = 1e12
  const emulator = createEmulator({ state })
  // Reports take a while, so that some are on their way when a process dies.
  emulator.setFaults([{ endpoint: 'report', kind: 'latency', ms: 15 }])
  const backendUrl = await emulator.listen()
  onTestFinished(async () => {
    await emulator.close()
    rmSync(parent, { recursive: true, force: true })
  })
  return {
    settings: { directory: join(parent, 'usage'), backendUrl, ambiguous },
    tally: newTally(),
    counted: () => Object.values(emulator.usage()['2555417']!).reduce((sum, { hits }) => sum + (hits?.year ?? 0), 0),
  }
}

/** A last process takes over what is left, and reports it. */
async function settle({ settings, tally }: World): Promise<void> {
  const last = await KilledServer.start(settings, tally)
  last.load(2)
  await answers(tally, 20)
  await last.rest()
  await last.settled()
  await last.stop()
}

/**
 * Every request that was answered was counted, or its loss was told. None was counted twice but what was sent again,
 * because no answer had come.
 */
function expectConserved({ settings, tally, counted }: World): void {
  const { sent, answered, lost, resent, reasons } = tally
  expect(answered).toBeGreaterThan(100)
  if (settings.ambiguous === 'count-again') {
    expect(counted()).toBeGreaterThanOrEqual(answered)
    expect(counted()).toBeLessThanOrEqual(sent + resent)
    expect(lost).toBe(0)
    return
  }
  expect(resent).toBe(0)
  expect([...reasons].filter((reason) => reason !== 'ambiguous')).toEqual([])
  expect(counted() + lost).toBeGreaterThanOrEqual(answered)
  expect(counted()).toBeLessThanOrEqual(sent)
}

describe('law 16: kill -9', () => {
  it.each(['give-up', 'count-again'] as const)(
    'loses nothing that was answered, and counts nothing twice (%s)',
    async (ambiguous) => {
      const world = await open(ambiguous)
      for (let kill = 0; kill < Math.ceil(KILLS * 0.3); kill++) {
        const server = await KilledServer.start(world.settings, world.tally)
        server.load()
        await answers(world.tally, 250)
        await server.kill()
      }
      await settle(world)
      expectConserved(world)
    },
    TIMEOUT_MS,
  )

  it(
    'between two reports loses nothing at all',
    async () => {
      const world = await open('give-up')
      for (let kill = 0; kill < Math.ceil(KILLS * 0.2); kill++) {
        const server = await KilledServer.start({ ...world.settings, intervalMs: 600_000 }, world.tally)
        server.load()
        await answers(world.tally, 250)
        await server.kill()
      }
      await settle(world)
      expectConserved(world)
      expect(world.tally.lost).toBe(0)
    },
    TIMEOUT_MS,
  )

  it(
    'of processes that take over the usage of others loses nothing, again and again',
    async () => {
      const world = await open('give-up')
      // Nothing is reported before the end, so each process takes over what all others before have left.
      const settings = { ...world.settings, intervalMs: 600_000 }
      for (let kill = 0; kill < 3; kill++) {
        const server = await KilledServer.start(settings, world.tally)
        server.load()
        await answers(world.tally, 50)
        await server.kill()
      }
      for (let kill = 0; kill < Math.ceil(KILLS * 0.3); kill++) {
        // The first folder is its own by then, and no file holds everything yet.
        const server = await KilledServer.start({ ...settings, diesAtTakeOver: 1 }, world.tally)
        server.load()
        await server.dead()
      }
      await settle(world)
      expectConserved(world)
      expect(world.tally.lost).toBe(0)
    },
    TIMEOUT_MS,
  )

  it(
    'of one of two processes loses nothing, while the other goes on',
    async () => {
      const world = await open('give-up')
      const start = async () => {
        const server = await KilledServer.start(world.settings, world.tally)
        server.load(8)
        return server
      }
      const servers = [await start(), await start()]
      for (let kill = 0; kill < Math.ceil(KILLS * 0.3); kill++) {
        await answers(world.tally, 250)
        const at = Math.random() < 0.5 ? 0 : 1
        await servers[at]!.kill()
        servers[at] = await start()
      }
      // Both at once: whoever starts first takes over both.
      await Promise.all(servers.map((server) => server.kill()))
      await settle(world)
      expectConserved(world)
    },
    TIMEOUT_MS,
  )

  it(
    'of a process leaves one alone that only stands still',
    async () => {
      const world = await open('give-up')
      const stopped = await KilledServer.start(world.settings, world.tally)
      stopped.load()
      await answers(world.tally, 250)
      stopped.signal('SIGSTOP')
      const other = await KilledServer.start(world.settings, world.tally)
      other.load()
      await answers(world.tally, 250)
      await other.kill()
      stopped.signal('SIGCONT')
      await answers(world.tally, 250)
      await stopped.kill()
      await settle(world)
      expectConserved(world)
    },
    TIMEOUT_MS,
  )
})

describe('law 16: a disk that takes no more', () => {
  it(
    'ends no request, is told, and loses and doubles nothing while the process lives',
    async () => {
      const world = await open('give-up')
      // A thousand admissions fill a file of 24 KiB; the journal would begin a new one much later.
      const server = await KilledServer.start({ ...world.settings, maxFileBlocks: 48 }, world.tally)
      server.load()
      await until(() => world.tally.events.includes('full'), 'a file is full')
      await until(() => world.tally.events.includes('working'), 'the next file takes what is left')
      await answers(world.tally, 250)
      await server.kill()
      await settle(world)
      expectConserved(world)
    },
    TIMEOUT_MS,
  )

  it.skipIf(!mayMount())(
    'keeps what it has while it is full, and everything once there is room',
    async () => {
      const world = await open('give-up')
      const { directory } = world.settings
      mkdirSync(directory)
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=192k', 'none', directory])
      onTestFinished(() => void execFileSync('umount', ['-l', directory]))
      const server = await KilledServer.start(world.settings, world.tally)
      server.load(2)
      await answers(world.tally, 250)
      const filler = join(directory, 'filler')
      fillUp(filler)
      await until(() => world.tally.events.includes('full'), 'the disk is full')
      await answers(world.tally, 250)
      rmSync(filler)
      // Not the event: it may have been told before, because files that are emptied make room.
      await server.written()
      await answers(world.tally, 250)
      await server.kill()
      await settle(world)
      expectConserved(world)
    },
    TIMEOUT_MS,
  )
})

function mayMount(): boolean {
  try {
    const place = mkdtempSync(join(tmpdir(), 'threescale-mount-'))
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'none', place], { stdio: 'ignore' })
      execFileSync('umount', ['-l', place], { stdio: 'ignore' })
    } finally {
      rmSync(place, { recursive: true, force: true })
    }
    return true
  } catch {
    return false
  }
}

/** Leaves no room on a disk. */
function fillUp(path: string): void {
  for (let size = 4096; ; ) {
    try {
      writeFileSync(path, Buffer.alloc(size), { flag: 'a' })
    } catch {
      return
    }
  }
}

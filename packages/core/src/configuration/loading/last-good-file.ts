/** The last configuration of the portal that could be used, on disk: for a start while the portal does not answer. */
import { randomUUID } from 'node:crypto'
import { constants, open, readFile, rename, rm } from 'node:fs/promises'
import { LAST_GOOD_MS } from '../../defaults.ts'
import { atMost } from '../../primitives/at-most.ts'
import type { Clock } from '../../primitives/clock.ts'
import { Slice } from '../../primitives/slice.ts'
import { isRecord } from '../../validation/checks.ts'
import { FetchFailed } from '../fetch-json.ts'
import { type LoadedConfiguration, servicesOf } from './loaded-configuration.ts'

interface Written {
  readonly configuration: LoadedConfiguration
  readonly unusable: ReadonlySet<string | undefined>
}

export class LastGoodFile {
  readonly #path: string
  /** The last usable version of each service, as text. */
  #good: ReadonlyMap<string | undefined, string> | undefined
  readonly #onFailure: (code: string) => void
  readonly #clock: Clock
  readonly #open: typeof open
  /** What is to be written once the writing that is under way has ended. */
  #next: Written | undefined
  #writing: Promise<void> | undefined

  /**
   * @param onFailure called with the system's code if it cannot be written.
   * @param openFile the system's, except in tests.
   */
  constructor(path: string, onFailure: (code: string) => void, clock: Clock, openFile: typeof open = open) {
    this.#path = path
    this.#onFailure = onFailure
    this.#clock = clock
    this.#open = openFile
  }

  /** Rejects with a FetchFailed if there is no configuration in it, others may have written it, or the disk hangs. */
  async read(): Promise<LoadedConfiguration> {
    const reading = this.#read()
    if (!(await this.#ends(reading))) throw new FetchFailed('ETIMEDOUT')
    return await reading
  }

  async #read(): Promise<LoadedConfiguration> {
    const document = parseConfiguration(await readOwn(this.#path, this.#open))
    const services = servicesOf(document)
    this.#good = goodOf(document)
    return { source: 'last-good-file', from: this.#path, document, services, warnings: [] }
  }

  /**
   * Replaces the file at once. It holds service tokens, so only its owner may read it. Never rejects, and lets a disk
   * that hangs go on without its caller; the newest configuration is written when it answers.
   *
   * @param unusable services of which the version before is kept.
   */
  async write(configuration: LoadedConfiguration, unusable: ReadonlySet<string | undefined>): Promise<void> {
    this.#next = { configuration, unusable }
    this.#writing ??= this.#writeAll()
    if (!(await this.#ends(this.#writing))) this.#onFailure('ETIMEDOUT')
  }

  /** Whether a task ends within `LAST_GOOD_MS`. Rejects if it does. */
  async #ends(task: Promise<unknown>): Promise<boolean> {
    let ended = false
    await atMost(
      LAST_GOOD_MS,
      task.finally(() => {
        ended = true
      }),
      this.#clock,
    )
    return ended
  }

  async #writeAll(): Promise<void> {
    try {
      for (let next = this.#next; next !== undefined; next = this.#next) {
        this.#next = undefined
        await this.#write(next)
      }
    } finally {
      this.#writing = undefined
    }
  }

  async #write({ configuration: { document, services }, unusable }: Written): Promise<void> {
    const { proxy_configs: list } = document as { readonly proxy_configs: readonly object[] }
    const slice = new Slice()
    const good = new Map<string | undefined, string>()
    // What is in the file may be all that is left of a service, from a process before this one.
    if (this.#good === undefined && unusable.size > 0) await this.#read().catch(() => {})
    for (const [index, { id }] of services.entries()) {
      const text = unusable.has(id) ? this.#good?.get(id) : JSON.stringify(list[index])
      if (text !== undefined) good.set(id, text)
      if (slice.over) await slice.rest()
    }
    this.#good = good
    const path = `${this.#path}.${randomUUID()}.tmp`
    try {
      const file = await this.#open(path, 'wx', 0o600)
      try {
        await file.writeFile(`{"proxy_configs":[\n${[...good.values()].join(',\n')}\n]}\n`)
        await file.sync()
      } finally {
        await file.close()
      }
      await rename(path, this.#path)
    } catch (error) {
      await rm(path, { force: true }).catch(() => {})
      this.#onFailure((error as NodeJS.ErrnoException).code ?? 'UNKNOWN')
    }
  }
}

/** What `write` has written, by service. Anything else is left out. */
function goodOf({ proxy_configs: list }: Readonly<Record<string, unknown>>): ReadonlyMap<string | undefined, string> {
  const elements = Array.isArray(list) ? list.filter(isRecord) : []
  return new Map(
    elements.flatMap((element) => servicesOf(element).map(({ id }) => [id, JSON.stringify(element)] as const)),
  )
}

/** What the file says decides who is let in, so no other user may be able to write it. */
async function readOwn(path: string, openFile: typeof open): Promise<string> {
  // A pipe without a writer would hold the start for ever. Windows has no such flag.
  const file = await openFile(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0)).catch(failed)
  try {
    const stats = await file.stat()
    if (!stats.isFile()) throw new FetchFailed('not_a_file')
    // Undefined on Windows, where the mode says nothing either.
    const uid = process.getuid?.()
    const isOwn = uid === undefined || ([0, uid].includes(stats.uid) && (stats.mode & 0o022) === 0)
    if (!isOwn) throw new FetchFailed('writable_by_others')
    return await file.readFile('utf8')
  } catch (error) {
    return failed(error)
  } finally {
    await file.close()
  }
}

/** Rejects with a FetchFailed that has the system's code. */
export async function readText(path: string): Promise<string> {
  return readFile(path, 'utf8').catch(failed)
}

function failed(error: unknown): never {
  throw error instanceof FetchFailed ? error : new FetchFailed((error as NodeJS.ErrnoException).code ?? 'UNKNOWN')
}

/** @throws FetchFailed */
export function parseConfiguration(text: string): Readonly<Record<string, unknown>> {
  let document: unknown
  try {
    document = JSON.parse(text)
  } catch {
    throw new FetchFailed('not_json')
  }
  if (!isRecord(document)) throw new FetchFailed('not_json')
  return document
}

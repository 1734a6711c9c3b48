/** Finds the folders of dead processes in a journal's directory. */
import { randomInt } from 'node:crypto'
import { type Dirent, readdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { SMALLEST_FILE } from '../format/header.ts'
import { lifeIn } from './lock.ts'
import { OWNER, UNFINISHED } from './names.ts'
import { headersOf, type ReadFolder, readFolder, segmentsOf } from './read-folder.ts'

/** What is found in a directory. */
export type Finding =
  | { readonly kind: 'dead'; readonly owner: string; readonly folder: ReadFolder }
  | { readonly kind: 'foreign' | 'version' | 'other-services'; readonly path: string }
  | { readonly kind: 'unreadable'; readonly path: string; readonly code: string | undefined }

export interface Seeker {
  readonly directory: string
  /** The process that looks. */
  readonly owner: string
  /** When it last wrote, by the clock of the file system, epoch milliseconds. */
  readonly wroteAt: number
  /** Names of its machine and backend, and the ids of its services. */
  readonly machine: string
  readonly backend: string
  readonly services: readonly (string | null)[]
}

/**
 * How long the files of a process that may be of another machine must not have changed until it counts as dead, in
 * milliseconds. A living process touches its file once a minute.
 */
export const SILENT_MS = 600_000

/**
 * Looks at all folders but its own, one at a time: each is read when it is asked for. Begins anywhere, so that
 * processes that start at the same moment share the work. Never rejects.
 */
export async function* findDead(seeker: Seeker): AsyncGenerator<Finding, void> {
  let entries: Dirent[]
  try {
    entries = readdirSync(seeker.directory, { withFileTypes: true })
  } catch (error) {
    return yield unreadable(seeker.directory, error)
  }
  const first = randomInt(entries.length + 1)
  for (const entry of [...entries.slice(first), ...entries.slice(0, first)]) {
    const { name } = entry
    const path = join(seeker.directory, name)
    if (name === seeker.owner) continue
    if (!entry.isDirectory()) yield { kind: 'foreign', path }
    else if (OWNER.test(name)) yield* await judge(seeker, name, path)
    else if (UNFINISHED.test(name)) await removeUnfinished(seeker, path)
    else yield { kind: 'foreign', path }
  }
}

async function judge(seeker: Seeker, owner: string, path: string): Promise<Finding[]> {
  const life = await lifeIn(path)
  if (life === 'alive') return []
  let folder: ReadFolder
  try {
    folder = await readFolder(path)
  } catch (error) {
    // Another process has taken it over meanwhile.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    return [unreadable(path, error)]
  }
  const findings: Finding[] = folder.foreign.map((foreign) => ({ kind: 'foreign', path: foreign }))
  const segments = segmentsOf(folder)
  const version = segments.find(({ problem }) => problem === 'version')
  if (version !== undefined) return [...findings, { kind: 'version', path: version.path }]
  const strange = segments.find(({ problem }) => problem === 'foreign')
  if (strange !== undefined) return [...findings, { kind: 'foreign', path: strange.path }]
  const headers = headersOf(folder)
  const nameless = headers.length === 0 ? segments.find(({ bytes }) => bytes.length >= SMALLEST_FILE) : undefined
  if (nameless !== undefined) return [...findings, { kind: 'unreadable', path: nameless.path, code: 'EBADMSG' }]
  const sameMachine = headers.every(({ machine }) => machine === seeker.machine)
  if ((life === 'gone' || !sameMachine) && !isSilent(folder, seeker)) return findings
  const ours = headers.every(
    ({ backend, services }) =>
      backend === seeker.backend && services.every((service) => seeker.services.includes(service)),
  )
  if (!ours) return [...findings, { kind: 'other-services', path }]
  return [...findings, { kind: 'dead', owner, folder }]
}

/** Compares times of the same file system, because the clocks of two machines differ. */
function isSilent(folder: ReadFolder, { wroteAt }: Seeker): boolean {
  try {
    const newest = Math.max(
      statSync(folder.path).mtimeMs,
      ...segmentsOf(folder).map(({ path }) => statSync(path).mtimeMs),
    )
    return wroteAt - newest > SILENT_MS
  } catch {
    return false
  }
}

/** A process died before it had shown its folder. */
async function removeUnfinished({ wroteAt }: Seeker, path: string): Promise<void> {
  try {
    if (wroteAt - statSync(path).mtimeMs < SILENT_MS) return
    if ((await lifeIn(path)) !== 'alive') rmSync(path, { recursive: true, force: true })
  } catch {
    // It is gone, or belongs to another user.
  }
}

function unreadable(path: string, error: unknown): Finding {
  return { kind: 'unreadable', path, code: (error as NodeJS.ErrnoException).code }
}

/** Applies all files of a process, in the order in which they continue each other. */
import type { ReadFolder } from '../directory/read-folder.ts'
import { SMALLEST_FILE } from '../format/header.ts'
import { settleAtDeath } from './at-death.ts'
import { foldFile, isComplete } from './fold-file.ts'
import { UsageState } from './usage-state.ts'

/** What the files of a process were like, added up. */
export interface FoldedFolder {
  readonly state: UsageState
  /** Whether records are missing, so that what seems to wait may have been sent. */
  readonly damaged: boolean
  readonly records: number
  readonly tornBytes: number
  readonly damagedBytes: number
}

/**
 * A complete file makes older ones void. What was taken over counts from its record on, in the state in which the dead
 * process had left it, until further records say what became of it.
 *
 * @param folders inherited ones, by their names. Where they lie does not matter.
 */
export function* foldFolder(
  { segments, inherited }: ReadFolder,
  folders: ReadonlyMap<string, ReadFolder> = inherited,
): Generator<void, FoldedFolder> {
  const usage = { own: new UsageState(), inherited: new UsageState() }
  let damaged = false
  let records = 0
  let tornBytes = 0
  let damagedBytes = 0
  const note = (folded: Pick<FoldedFolder, 'records' | 'tornBytes' | 'damagedBytes'>): void => {
    records += folded.records
    tornBytes += folded.tornBytes
    damagedBytes += folded.damagedBytes
  }
  const inherit = function* (name: string, settledBefore: number): Generator<void, void> {
    const folder = folders.get(name)
    // It was not renamed: the process died before, or another one was faster.
    if (folder === undefined) return
    const dead = yield* foldFolder(folder, folders)
    settleAtDeath(dead.state, settledBefore, dead.damaged)
    usage.inherited.add(dead.state)
    note(dead)
  }
  for (const { bytes, problem } of segments) {
    // A process that dies while it begins a file leaves it without a header, and has told nothing in it.
    if (problem === 'damaged' && bytes.length < SMALLEST_FILE) continue
    if (yield* isComplete(bytes)) for (const state of Object.values(usage)) state.clear()
    const folded = yield* foldFile(usage, bytes, inherit)
    note(folded)
    damaged ||= folded.damagedBytes > 0
  }
  usage.own.add(usage.inherited)
  return { state: usage.own, damaged, records, tornBytes, damagedBytes }
}

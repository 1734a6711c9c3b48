/** Applies all files of a process, in the order in which they continue each other. */
import type { ReadFolder } from '../directory/read-folder.ts'
import { foldFile, isComplete } from './fold-file.ts'
import { UsageState } from './usage-state.ts'

/** What the files of a process were like, added up. */
export interface FoldedFolder {
  readonly state: UsageState
  readonly records: number
  readonly tornBytes: number
  readonly damagedBytes: number
}

/** A complete file makes older ones void. What was taken over while it was written comes after its complete part. */
export function* foldFolder({ segments, inherited }: ReadFolder): Generator<void, FoldedFolder> {
  const state = new UsageState()
  let records = 0
  let tornBytes = 0
  let damagedBytes = 0
  const note = (folded: Omit<FoldedFolder, 'state'>): void => {
    records += folded.records
    tornBytes += folded.tornBytes
    damagedBytes += folded.damagedBytes
  }
  const open = [...inherited].sort((one, other) => one.number - other.number)
  const add = function* (below: number): Generator<void, void> {
    while (open.length > 0 && open[0]!.number < below) {
      const folded = yield* foldFolder(open.shift()!.folder)
      state.add(folded.state)
      note(folded)
    }
  }
  for (const { number, bytes, problem } of segments) {
    // A process that dies while it begins a file leaves it without a header, and has told nothing in it.
    if (problem === 'damaged' && bytes.length < SMALLEST_FILE) continue
    yield* add(number)
    if (yield* isComplete(bytes)) state.clear()
    else yield* add(number + 1)
    note(yield* foldFile(state, bytes, () => add(number + 1)))
  }
  yield* add(Number.POSITIVE_INFINITY)
  return { state, records, tornBytes, damagedBytes }
}

/** Bytes of a file that has a header and a record behind it; a smaller one has told nothing. */
const SMALLEST_FILE = 64

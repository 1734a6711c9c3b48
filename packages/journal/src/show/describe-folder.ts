/** The files of one process for people: whose they are, what is wrong with them, and which usage they hold. */
import { headersOf, type ReadFolder, segmentsOf } from '../directory/read-folder.ts'
import type { FileHeader } from '../format/header.ts'
import { foldFolder } from '../state/fold-folder.ts'
import type { Row } from '../state/waiting-usage.ts'

export interface DescribedRow {
  /** `waiting`, the state of its batch, or `maybe-counted`. */
  readonly state: string
  readonly service: string | undefined
  readonly application: string | undefined
  /** ISO 8601. */
  readonly minute: string
  readonly usage: Readonly<Record<string, number>>
}

export interface DescribedFolder {
  readonly header: FileHeader | undefined
  readonly bytes: number
  readonly problems: readonly string[]
  readonly rows: readonly DescribedRow[]
}

const MINUTE_MS = 60_000

const PROBLEMS = {
  foreign: 'is no file of a journal',
  version: 'is of another version of the format',
  damaged: 'has no readable beginning',
}

export function describeFolder(folder: ReadFolder): DescribedFolder {
  const segments = segmentsOf(folder)
  const problems = segments.flatMap(({ path, problem }) =>
    problem === undefined ? [] : [`${path} ${PROBLEMS[problem]}`],
  )
  const steps = foldFolder(folder)
  let step = steps.next()
  while (!step.done) step = steps.next()
  const { state, tornBytes, damagedBytes } = step.value
  if (tornBytes > 0) problems.push(`the last ${tornBytes} bytes are no whole record`)
  if (damagedBytes > 0) problems.push(`${damagedBytes} bytes in the middle are unreadable`)
  const rows: DescribedRow[] = []
  for (const { service, id, waiting, sent, maybeCounted } of state.applications) {
    const add = (word: string, some: Iterable<Row>): void => {
      for (const { minute, usage } of some) {
        rows.push({
          state: word,
          service,
          application: id,
          minute: new Date(minute * MINUTE_MS).toISOString(),
          usage: Object.fromEntries(usage),
        })
      }
    }
    add('waiting', waiting.rows)
    for (const [number, some] of sent) add(state.batches.get(number)!.settlement, some)
    add('maybe-counted', maybeCounted)
  }
  return {
    header: headersOf(folder)[0],
    bytes: segments.reduce((sum, { bytes }) => sum + bytes.length, 0),
    problems,
    rows,
  }
}

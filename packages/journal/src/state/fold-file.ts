/** Applies the records of a file to a state, in slices. */
import { recordsIn } from '../format/header.ts'
import { KIND, SETTLEMENTS } from '../format/kinds.ts'
import { RecordContent, UnreadableRecord } from '../format/record-reader.ts'
import type { ApplicationUsage, UsageState } from './usage-state.ts'
import type { Row, Usage } from './waiting-usage.ts'

/** What a file was like. */
export interface FoldedFile {
  /** Records that were applied. */
  readonly records: number
  /** Bytes at the end that are no whole record: the process died while it wrote. */
  readonly tornBytes: number
  /** Bytes between whole records that are none. Records are missing. */
  readonly damagedBytes: number
}

const SLICE_RECORDS = 256

/** Whether a file holds everything that was not settled when it was begun, so that older files are over. */
export function* isComplete(bytes: Buffer): Generator<void, boolean> {
  let seen = 0
  for (const record of recordsIn(bytes)) {
    if (record instanceof RecordContent && record.kind === KIND.complete) return true
    if (++seen % SLICE_RECORDS === 0) yield
  }
  return false
}

/** The usage of a process while its files are read. */
export interface FoldedUsage {
  readonly own: UsageState
  /** Of dead processes that it took over, and not its own yet. */
  readonly inherited: UsageState
}

/** @param inherit adds the usage of a folder, by the name that stands in a record. */
export function* foldFile(
  usage: FoldedUsage,
  bytes: Buffer,
  inherit: (name: string, settledBefore: number) => Generator<void, void>,
): Generator<void, FoldedFile> {
  const names = new Names()
  let records = 0
  let damagedBytes = 0
  let tornBytes = 0
  for (const record of recordsIn(bytes)) {
    if (!(record instanceof RecordContent)) {
      if (record.end === bytes.length && record.start > 0) tornBytes = record.end - record.start
      else damagedBytes += record.end - record.start
      continue
    }
    if (record.kind === KIND.header) continue
    if (record.kind === KIND.complete) usage.inherited.clear()
    else if (record.kind === KIND.inherit) yield* inherit(record.text(), record.number())
    else if (!applied(usage, names, record)) damagedBytes += 1
    records += 1
    if (records % SLICE_RECORDS === 0) yield
  }
  return { records, tornBytes, damagedBytes }
}

/** What the numbers of a file mean. */
class Names {
  readonly services = new Map<number, string | undefined>()
  readonly applications = new Map<number, ApplicationUsage>()
  readonly metrics = new Map<number, string>()
}

/** @returns false for a record that names what no record before has named. */
function applied(usage: FoldedUsage, names: Names, record: RecordContent): boolean {
  try {
    apply(usage, names, record)
    return true
  } catch (error) {
    if (error instanceof UnreadableRecord) return false
    throw error
  }
}

function apply({ own: state, inherited }: FoldedUsage, names: Names, record: RecordContent): void {
  switch (record.kind) {
    case KIND.service:
      names.services.set(record.number(), record.optionalText())
      return
    case KIND.application: {
      const number = record.number()
      const service = record.number()
      if (!names.services.has(service)) throw new UnreadableRecord()
      names.applications.set(
        number,
        state.application(record.number(), names.services.get(service), record.optionalText()),
      )
      return
    }
    case KIND.metric:
      names.metrics.set(record.number(), record.text())
      return
    case KIND.book: {
      const application = readApplication(names, record)
      application.waiting.add(readRow(names, record))
      return
    }
    case KIND.take: {
      const batch = record.number()
      const reserved = record.number() === 1
      const taken = Array.from({ length: record.number() }, () => ({
        application: readApplication(names, record),
        row: readRow(names, record),
      }))
      for (const { application, row } of taken) {
        if (reserved) state.putSent(batch, application, [row])
        else state.take(batch, application, [row])
      }
      state.settle(batch, reserved ? 'reserved' : 'taken', 0)
      return
    }
    case KIND.settle:
      state.settle(record.number(), readSettlement(record), record.number())
      return
    case KIND.whole:
      for (let applications = record.number(); applications > 0; applications--) readWhole(state, names, record)
      return
    case KIND.recover: {
      const from = record.number()
      inherited.pass(from, readReceiver(names, record))
      return
    }
    case KIND.recoverBatch: {
      const batch = record.number()
      const receivers = new Map<number, ApplicationUsage>()
      for (let applications = record.number(); applications > 0; applications--) {
        const from = record.number()
        receivers.set(from, readApplication(names, record))
      }
      inherited.passBatch(batch, receivers, state)
      return
    }
    default:
      throw new UnreadableRecord()
  }
}

function readApplication(names: Names, record: RecordContent): ApplicationUsage {
  const application = readReceiver(names, record)
  if (application === undefined) throw new UnreadableRecord()
  return application
}

function readWhole(state: UsageState, names: Names, record: RecordContent): void {
  const application = readApplication(names, record)
  state.restart(application)
  for (const row of readRows(names, record)) application.waiting.add(row)
  application.maybeCounted = readRows(names, record)
  for (let batches = record.number(); batches > 0; batches--) {
    const batch = record.number()
    const settlement = readSettlement(record)
    const at = record.number()
    state.putSent(batch, application, readRows(names, record))
    state.settle(batch, settlement, at)
  }
}

/** 0: there is none. */
function readReceiver(names: Names, record: RecordContent): ApplicationUsage | undefined {
  const number = record.number()
  if (number === 0) return undefined
  const application = names.applications.get(number)
  if (application === undefined) throw new UnreadableRecord()
  return application
}

function readSettlement(record: RecordContent): (typeof SETTLEMENTS)[number] {
  const settlement = SETTLEMENTS[record.number()]
  if (settlement === undefined) throw new UnreadableRecord()
  return settlement
}

function readRows(names: Names, record: RecordContent): Row[] {
  return Array.from({ length: record.number() }, () => readRow(names, record))
}

function readRow(names: Names, record: RecordContent): Row {
  const minute = record.signed()
  const resent = record.number() === 1
  const usage: Usage = new Map()
  for (let metrics = record.number(); metrics > 0; metrics--) {
    const metric = names.metrics.get(record.number())
    if (metric === undefined) throw new UnreadableRecord()
    usage.set(metric, (usage.get(metric) ?? 0) + record.number())
  }
  return { minute, resent, usage }
}

/** Takes over the usage of dead processes: each folder by one rename, so exactly one process gets it. */
import { randomBytes } from 'node:crypto'
import { renameSync } from 'node:fs'
import { join } from 'node:path'
import type { JournalHost, JournalledApplication, JournalledBatch, RecoveredRow } from '@threescale/core'
import { type Finding, findDead, type Seeker } from '../directory/dead-folders.ts'
import { inheritedName } from '../directory/names.ts'
import type { ReadFolder } from '../directory/read-folder.ts'
import { inSlices } from '../slices.ts'
import { settleAtDeath } from '../state/at-death.ts'
import { foldFolder } from '../state/fold-folder.ts'
import type { ApplicationUsage, UsageState } from '../state/usage-state.ts'
import type { Row } from '../state/waiting-usage.ts'
import type { ObjectNumbers } from './object-numbers.ts'
import type { ToldOnce } from './told-once.ts'
import type { UsageRecords } from './usage-records.ts'

/** Leaves records in the buffer that will stand at an offset of the file. */
export type Encode = (records: UsageRecords, offset: number) => void

export interface TakeOverOptions extends Seeker {
  readonly host: JournalHost
  /** The folder of the process that takes over. */
  readonly folder: string
  readonly numbers: ObjectNumbers
  /** Writes records. @returns whether they are written. */
  readonly append: (encode: Encode) => boolean
  /** Writes records without which the files would be wrong. */
  readonly move: (encode: Encode) => void
  readonly told: ToldOnce
}

const MINUTE_MS = 60_000

/** @returns how many processes were taken over. Their folders lie in our own folder from now on. Never rejects. */
export async function takeOver(options: TakeOverOptions): Promise<number> {
  let taken = 0
  for await (const finding of findDead(options)) {
    if (finding.kind === 'unreadable') options.told.tell('unreadable', finding.path, { code: finding.code })
    else if (finding.kind !== 'dead') options.told.tell(finding.kind, finding.path)
    else if (await claim(finding, options)) taken += 1
  }
  return taken
}

async function claim({ folder }: Extract<Finding, { kind: 'dead' }>, options: TakeOverOptions): Promise<boolean> {
  const { host, told } = options
  const { state, damaged, records, tornBytes, damagedBytes } = await inSlices(foldFolder(folder))
  const settledBefore = Math.max(0, Math.floor(host.now() - host.keepMs))
  settleAtDeath(state, settledBefore, damaged)
  const name = randomBytes(8).toString('hex')
  if (!options.append((to, offset) => to.inherit(name, settledBefore, offset))) return false
  try {
    renameSync(folder.path, join(options.folder, inheritedName(name)))
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    // Another process was faster.
    if (code !== 'ENOENT') told.tell('unreadable', folder.path, { code })
    return false
  }
  flatten(folder, name, options.folder)
  if (tornBytes > 0) told.tell('torn', folder.path, { bytes: tornBytes })
  if (damagedBytes > 0) told.tell('damaged', folder.path, { bytes: damagedBytes })
  await inSlices(replay(state, options))
  told.tell('recovered', folder.path, { records })
  return true
}

/** Moves inherited folders up, because a path that grew with each death would be too long at last. */
function flatten({ path, inherited }: ReadFolder, name: string, own: string): void {
  for (const [below, folder] of inherited) {
    try {
      renameSync(join(own, inheritedName(name), folder.path.slice(path.length)), join(own, inheritedName(below)))
    } catch {
      // It is found where it lies.
    }
  }
}

/** Hands a state over to the gateway, application by application, then batch by batch. */
function* replay(state: UsageState, { host, numbers, move }: TakeOverOptions): Generator<void, void> {
  for (const { number, service, id, waiting, maybeCounted } of state.applications) {
    if (waiting.size === 0 && maybeCounted.length === 0) continue
    // Noted before, because the gateway may report the usage at once. A loss is noted when it has been told.
    const to = id === undefined ? undefined : host.applicationOf(service, id)
    if (to !== undefined) move((records, offset) => records.recover(number, to, offset))
    host.recover({
      service,
      application: id,
      waiting: [...waiting.rows].map(recovered),
      maybeCounted: maybeCounted.map(recovered),
    })
    if (to === undefined) move((records, offset) => records.recover(number, undefined, offset))
    yield
  }
  for (const [number, { settlement, at, applications }] of state.batches) {
    if (settlement !== 'acknowledged' && settlement !== 'ambiguous') continue
    const rows = rowsOf(number, applications)
    if (rows.length === 0) continue
    const { service } = rows[0]!.of
    const given = rows.map(({ of, row }) => ({ application: of.id!, ...recovered(row) }))
    const batch = host.recoverBatch({ state: settlement, at, service, rows: given })
    numbers.name(batch, number)
    const receivers = receiversOf(batch, applications)
    move((records, offset) => records.recoverBatch(batch, receivers, offset))
    yield
  }
}

/** To whom the rows of each application of a dead process belong in its batch. */
function receiversOf(
  { rows }: JournalledBatch,
  applications: Iterable<ApplicationUsage>,
): Map<number, JournalledApplication> {
  const known = new Map([...rows].map(({ application }) => [application.id, application]))
  const receivers = new Map<number, JournalledApplication>()
  for (const { number, id } of applications) {
    const receiver = known.get(id)
    if (receiver !== undefined) receivers.set(number, receiver)
  }
  return receivers
}

/** The rows of a batch. Usage of callers that no answer had proved is never in one. */
function rowsOf(number: number, applications: Iterable<ApplicationUsage>): { of: ApplicationUsage; row: Row }[] {
  return [...applications].flatMap((of) =>
    of.id === undefined ? [] : (of.sent.get(number) ?? []).map((row) => ({ of, row })),
  )
}

function recovered({ minute, resent, usage }: Row): RecoveredRow {
  return { minute: minute * MINUTE_MS, resent, usage: Object.fromEntries(usage) }
}

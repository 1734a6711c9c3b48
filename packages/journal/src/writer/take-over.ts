/** Takes over the usage of dead processes: each folder by one rename, so exactly one process gets it. */
import { renameSync } from 'node:fs'
import { join } from 'node:path'
import type { JournalHost, RecoveredRow } from '@threescale/core'
import { type Finding, findDead, type Seeker } from '../directory/dead-folders.ts'
import { inheritedName } from '../directory/names.ts'
import { inSlices } from '../slices.ts'
import { settleAtDeath } from '../state/at-death.ts'
import { foldFolder } from '../state/fold-folder.ts'
import type { ApplicationUsage, UsageState } from '../state/usage-state.ts'
import type { Row } from '../state/waiting-usage.ts'
import type { ToldOnce } from './told-once.ts'

export interface TakeOverOptions extends Seeker {
  readonly host: JournalHost
  /** The folder of the process that takes over. */
  readonly folder: string
  /** Number of its newest complete file. */
  readonly number: number
  /** Notes the number of a batch. */
  readonly named: (batch: object, number: number) => void
  readonly told: ToldOnce
}

const MINUTE_MS = 60_000
/** Transactions that the backend takes in one report. */
const MAX_ROWS = 1000

/** @returns how many processes were taken over. Their folders lie in our own folder from now on. Never rejects. */
export async function takeOver(options: TakeOverOptions): Promise<number> {
  let taken = 0
  for (const finding of await findDead(options)) {
    if (finding.kind === 'unreadable') options.told.tell('unreadable', finding.path, { code: finding.code })
    else if (finding.kind !== 'dead') options.told.tell(finding.kind, finding.path)
    else if (await claim(finding, options)) taken += 1
  }
  return taken
}

async function claim(
  { owner, folder }: Extract<Finding, { kind: 'dead' }>,
  options: TakeOverOptions,
): Promise<boolean> {
  const { host, told } = options
  const { state, records, tornBytes, damagedBytes } = await inSlices(foldFolder(folder))
  settleAtDeath(state, host.now() - host.keepMs, damagedBytes > 0)
  try {
    renameSync(folder.path, join(options.folder, inheritedName(options.number, owner)))
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    // Another process was faster.
    if (code !== 'ENOENT') told.tell('unreadable', folder.path, { code })
    return false
  }
  if (tornBytes > 0) told.tell('torn', folder.path, { bytes: tornBytes })
  if (damagedBytes > 0) told.tell('damaged', folder.path, { bytes: damagedBytes })
  await inSlices(replay(state, options))
  told.tell('recovered', folder.path, { records })
  return true
}

/** Hands a state over to the gateway, application by application, then batch by batch. */
function* replay(state: UsageState, { host, named }: TakeOverOptions): Generator<void, void> {
  for (const { service, id, waiting, maybeCounted } of state.applications) {
    if (waiting.size === 0 && maybeCounted.length === 0) continue
    host.recover({
      service,
      application: id,
      waiting: [...waiting.rows].map(recovered),
      maybeCounted: maybeCounted.map(recovered),
    })
    yield
  }
  for (const [number, { settlement, at, applications }] of state.batches) {
    if (settlement !== 'acknowledged' && settlement !== 'ambiguous') continue
    for (const rows of partsOf(number, applications)) {
      named(host.recoverBatch({ state: settlement, at, service: rows[0]!.service, rows }), number)
      yield
    }
  }
}

/** One batch has at most 1000 rows; only usage of damaged files can be more, and is cut. */
function partsOf(
  number: number,
  applications: Iterable<ApplicationUsage>,
): (RecoveredRow & { application: string; service: string | undefined })[][] {
  const rows = [...applications].flatMap(({ service, id, sent }) =>
    id === undefined ? [] : (sent.get(number) ?? []).map((row) => ({ service, application: id, ...recovered(row) })),
  )
  return Array.from({ length: Math.ceil(rows.length / MAX_ROWS) }, (_, part) =>
    rows.slice(part * MAX_ROWS, (part + 1) * MAX_ROWS),
  )
}

function recovered({ minute, resent, usage }: Row): RecoveredRow {
  return { minute: minute * MINUTE_MS, resent, usage: Object.fromEntries(usage) }
}

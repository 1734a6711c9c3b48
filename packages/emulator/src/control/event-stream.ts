/** Calls and changes as server-sent events. */
import type { ServerResponse } from 'node:http'
import type { CallLog } from '../service-management/call-log.ts'
import type { Changes } from './changes.ts'

/** What a stream tells of, and how the jobs that are due are run. */
export interface EventSources {
  readonly calls: CallLog
  readonly changes: Changes
  runJobs(): void
}

/**
 * Writes calls, dropped batches and changes to a response until the client disconnects or falls 1 MiB behind. Calls
 * `runJobs` every 250 ms, because nothing else runs the waiting jobs while no calls come in.
 */
export function streamEvents(outgoing: ServerResponse, { calls, changes, runJobs }: EventSources): void {
  outgoing.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
  outgoing.write(': calls of the Service Management API\n\n')
  const write = (text: string) => {
    outgoing.write(text)
    if (outgoing.writableLength > maxBehind) outgoing.destroy()
  }
  const endCalls = calls.subscribe((event, record) => {
    write(`event: ${event}\nid: ${record.id}\ndata: ${JSON.stringify(record)}\n\n`)
  })
  const endChanges = changes.subscribe((change) => write(`event: changed\ndata: ${JSON.stringify(change)}\n\n`))
  const timer = setInterval(runJobs, 250).unref()
  outgoing.once('close', () => {
    clearInterval(timer)
    endCalls()
    endChanges()
  })
}

const maxBehind = 1024 * 1024

/** The log of calls as server-sent events. */
import type { ServerResponse } from 'node:http'
import type { CallLog } from '../service-management/call-log.ts'

/**
 * Writes calls and dropped batches to a response until the client disconnects or falls 1 MiB behind. Calls `runJobs`
 * every 250 ms, because nothing else runs the waiting jobs while no calls come in.
 */
export function streamEvents(log: CallLog, outgoing: ServerResponse, runJobs: () => void): void {
  outgoing.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
  outgoing.write(': calls of the Service Management API\n\n')
  const end = log.subscribe((event, record) => {
    outgoing.write(`event: ${event}\nid: ${record.id}\ndata: ${JSON.stringify(record)}\n\n`)
    if (outgoing.writableLength > maxBehind) outgoing.destroy()
  })
  const timer = setInterval(runJobs, 250).unref()
  outgoing.once('close', () => {
    clearInterval(timer)
    end()
  })
}

const maxBehind = 1024 * 1024

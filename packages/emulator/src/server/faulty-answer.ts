/** Answers a call that is hit by faults. */
import type { ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Fault } from '../faults/fault.ts'
import { xmlType } from '../http/headers.ts'
import type { EmulatorRequest, EmulatorResponse } from '../http/message.ts'
import type { RequestHandler } from './request-handler.ts'
import { send } from './send.ts'

/** Waits, counts the call if its faults allow, and sends a wrong answer or none. Never rejects. */
export async function answerWithFaults(
  request: EmulatorRequest,
  outgoing: ServerResponse,
  faults: readonly Fault[],
  requests: RequestHandler,
): Promise<void> {
  const main = faults.find(({ kind }) => kind !== 'latency')
  const wait = async (when: 'before' | 'after') => {
    for (const fault of faults) {
      if (fault.kind === 'latency' && (fault.when ?? 'before') === when)
        await sleep(fault.ms, undefined, { ref: false })
    }
  }
  await wait('before')
  const counted = main === undefined || main.when === 'after'
  const response = requests.handle(request, { counted, faults: faults.map(({ kind }) => kind) })
  await wait('after')
  if (!outgoing.destroyed) spoil(outgoing, main, response)
}

function spoil(outgoing: ServerResponse, fault: Fault | undefined, response: EmulatorResponse): void {
  switch (fault?.kind) {
    case 'status': {
      const headers = { 'content-type': fault.content_type ?? 'text/plain' }
      send(outgoing, { status: fault.status, headers, body: fault.body ?? '' })
      break
    }
    case 'garbage':
      send(outgoing, { status: 200, headers: { 'content-type': xmlType }, body: '\u0000\u0007<<status>&\ufffd]]>' })
      break
    case 'truncate':
      truncate(outgoing, response, fault.bytes)
      break
    case 'reset':
      outgoing.socket?.resetAndDestroy()
      break
    case 'stall':
      break
    default:
      send(outgoing, response)
  }
}

function truncate(outgoing: ServerResponse, { status, headers, body }: EmulatorResponse, bytes?: number): void {
  const whole = Buffer.from(body)
  outgoing.writeHead(status, { ...headers, 'content-length': String(whole.length) })
  outgoing.flushHeaders()
  outgoing.write(whole.subarray(0, bytes ?? Math.floor(whole.length / 2)), () => outgoing.destroy())
}

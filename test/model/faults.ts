/** Faults of the wire between a gateway and the emulator. */
import type { TransportResponse } from '../../packages/core/src/client/transport/transport.ts'
import { TimeoutError, TransportError } from '../../packages/core/src/errors.ts'
import type { FaultKind } from './schedule.ts'

const HTML: TransportResponse = {
  status: 200,
  headers: { 'content-type': 'text/html' },
  body: Buffer.from('<html>welcome</html>'),
}

/** Makes a call fail; `pass` lets the backend handle the call. */
export function goWrong(kind: FaultKind, pass: () => TransportResponse): TransportResponse {
  switch (kind) {
    case 'unsent':
      throw new TransportError('refused', { sent: false })
    case 'lost-answer':
      pass()
      throw new TransportError('reset', { sent: true })
    case 'error':
      return { status: 500, headers: {}, body: Buffer.from('Internal Server Error') }
    case 'garbage':
      return HTML
    case 'busy':
      return { status: 503, headers: { 'retry-after': '2' }, body: Buffer.alloc(0) }
    case 'stalled':
      throw new TimeoutError('no answer', { sent: true })
    case 'stalled-counted':
      pass()
      throw new TimeoutError('no answer', { sent: true })
  }
}

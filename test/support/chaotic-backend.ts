/** The emulator behind a network in which a test chooses what happens to calls: slow, lost, foreign, refused. */
import type { Emulator } from '@threescale/emulator'
import { CallAborted, callerLeft } from '../../packages/core/src/client/transport/call-aborted.ts'
import type {
  Transport,
  TransportRequest,
  TransportResponse,
} from '../../packages/core/src/client/transport/transport.ts'
import { TimeoutError, TransportError } from '../../packages/core/src/errors.ts'
import { isAborted } from '../../packages/core/src/primitives/abort.ts'
import { answerBy } from './answer-by.ts'
import { foreign } from './foreign-answers.ts'
import type { ManualClock } from './manual-clock.ts'

/** Which calls meet trouble. */
export const TARGETS = ['all', 'reports', 'questions', 'refreshes', 'probes', 'strangers'] as const
/** What they meet. The first ones say nothing about the backend; the others are outages. */
export const CROWDS = ['crowded', 'busy', 'foreign'] as const
export const OUTAGES = ['refused', 'reset', 'silent', 'counted-silent', 'broken', 'page'] as const

export interface Trouble {
  readonly target: (typeof TARGETS)[number]
  readonly kind: (typeof CROWDS)[number] | (typeof OUTAGES)[number]
}

export interface ChaoticBackend {
  readonly transport: Transport
  trouble: Trouble | undefined
  latencyMs: number
  /** The most questions that were under way at once. */
  readonly mostQuestions: number
}

const isProbe = (path: string): boolean => path.includes('clean-probe')

function meets({ target }: Trouble, { method, path }: TransportRequest, known: (path: string) => boolean): boolean {
  if (target === 'all') return true
  if (target === 'reports') return method === 'POST'
  if (method === 'POST') return false
  if (target === 'questions') return !isProbe(path)
  if (target === 'probes') return isProbe(path)
  return !isProbe(path) && known(path) === (target === 'refreshes')
}

/** @param known whether a call is about a caller that 3scale knows. */
export function createChaoticBackend(
  emulator: Emulator,
  clock: ManualClock,
  known: (path: string) => boolean,
): ChaoticBackend {
  const wait = (ms: number) => new Promise<void>((resolve) => clock.schedule(resolve, ms))
  let questions = 0
  let mostQuestions = 0

  async function timeOut({ timeoutMs }: TransportRequest, passedMs: number, crowdedOut: boolean): Promise<never> {
    await wait(timeoutMs - passedMs)
    throw new TimeoutError('no answer', { sent: !crowdedOut, crowdedOut })
  }

  async function answer(request: TransportRequest): Promise<TransportResponse> {
    const { latencyMs, trouble } = backend
    if (latencyMs > 0) await wait(latencyMs / 2)
    if (request.signal?.aborted) throw new CallAborted(request.signal.reason, false)
    if (request.caller !== undefined && isAborted(request.caller)) throw new CallAborted(callerLeft(), false)
    const pass = () => answerBy(emulator, request)
    const kind = trouble !== undefined && meets(trouble, request, known) ? trouble.kind : undefined
    if (kind === 'refused') throw new TransportError('refused', { sent: false })
    if (kind === 'crowded') return await timeOut(request, latencyMs / 2, true)
    if (kind === 'silent') return await timeOut(request, latencyMs / 2, false)
    const passed = kind === undefined || kind === 'counted-silent' || kind === 'reset' ? pass() : undefined
    if (kind === 'counted-silent') return await timeOut(request, latencyMs / 2, false)
    if (latencyMs > 0) await wait(latencyMs / 2)
    if (kind === 'reset') throw new TransportError('reset', { sent: true })
    if (kind === 'foreign') return foreign(403, 'text/html', '<html>blocked</html>')
    if (kind === 'busy') return foreign(429, undefined, '')
    if (kind === 'broken') return foreign(502, 'text/html', '')
    return passed ?? foreign(200, 'text/html', '<html>welcome</html>')
  }

  const backend = {
    trouble: undefined as Trouble | undefined,
    latencyMs: 0,
    get mostQuestions() {
      return mostQuestions
    },
    transport: {
      async request(request: TransportRequest) {
        const isQuestion = request.method === 'GET'
        if (isQuestion) mostQuestions = Math.max(mostQuestions, ++questions)
        try {
          await Promise.resolve()
          return await answer(request)
        } finally {
          if (isQuestion) questions--
        }
      },
    },
  }
  return backend
}

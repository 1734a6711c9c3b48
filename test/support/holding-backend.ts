/** An emulator on a real socket that holds its answers until a test releases them, so that no test waits for a time. */
import { createEmulator, type EmulatorState } from '@threescale/emulator'
import { startBackend } from './socket-backend.ts'

export interface HoldingBackend {
  readonly url: string
  /** Calls whose answer is kept back. */
  readonly held: number
  /** Answers them, and all that come from now on at once. */
  release(): void
}

/** Listens until the end of the test. */
export async function startHoldingBackend(state: EmulatorState): Promise<HoldingBackend> {
  const emulator = createEmulator({ state })
  const held: (() => void)[] = []
  let holding = true
  const { url } = await startBackend(({ method, url, headers }, response, body) => {
    const answer = emulator.handle({ method: method!, target: url!, headers: headers as Record<string, string>, body })
    const send = () => void response.writeHead(answer.status, answer.headers).end(answer.body)
    if (holding) held.push(send)
    else send()
  })
  return {
    url,
    get held() {
      return held.length
    },
    release() {
      holding = false
      for (const send of held.splice(0)) send()
    },
  }
}

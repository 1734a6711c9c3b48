/** Callers of a fleet's servers, and what became of their requests. */
import { Agent } from 'undici'

/** What callers of one application saw. */
export interface Seen {
  readonly served: number
  readonly denied: number
  /** 503, while a process ends. */
  readonly refused: number
  /** No answer: the process died. It may have been counted or not. */
  readonly broken: number
  /** Processes that served. */
  readonly servedBy: ReadonlySet<number>
}

export class FleetCallers {
  /** Whose turn it is; may change while they call. */
  urls: readonly string[]
  readonly #agent = new Agent({ connections: 12, headersTimeout: 10_000 })
  #turn = 0

  constructor(urls: readonly string[]) {
    this.urls = urls
  }

  /**
   * Sends requests, 36 at a time.
   *
   * @param onAnswer called after each.
   */
  async send(application: string, requests: number, onAnswer: (answers: number) => void = () => {}): Promise<Seen> {
    const seen = { served: 0, denied: 0, refused: 0, broken: 0, servedBy: new Set<number>() }
    let sent = 0
    let answers = 0
    const caller = async () => {
      while (sent < requests) {
        sent += 1
        const origin = this.urls[this.#turn++ % this.urls.length]!
        try {
          const path = `/words/hello?user_key=${application}-key`
          const { statusCode, body } = await this.#agent.request({ origin, path, method: 'GET' })
          const text = await body.text()
          if (statusCode === 200) {
            seen.served += 1
            seen.servedBy.add(JSON.parse(text).servedBy)
          } else if (statusCode === 429) seen.denied += 1
          else seen.refused += 1
        } catch {
          seen.broken += 1
        }
        answers += 1
        onAnswer(answers)
      }
    }
    await Promise.all(Array.from({ length: 36 }, caller))
    return seen
  }

  async close(): Promise<void> {
    await this.#agent.close()
  }
}

/** A server as a process of its own, callers that count its answers, and its end by a signal. */
import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process'
import { once } from 'node:events'
import { Agent, get } from 'node:http'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'
import { eventually } from '../support/eventually.ts'

const SCRIPT = fileURLToPath(new URL('server.js', import.meta.url))

// The warnings are what these tests provoke.
const OPTIONS: SpawnOptions = {
  stdio: ['ignore', 'pipe', 'inherit'],
  env: { ...process.env, NODE_NO_WARNINGS: '1' },
}

export interface ServerSettings {
  readonly directory: string
  readonly backendUrl: string
  readonly ambiguous: 'give-up' | 'count-again'
  readonly maxBytes?: number
  /** Default 20: a report is nearly always on its way. */
  readonly intervalMs?: number
  /** Kills itself when it has taken over the usage of so many processes. */
  readonly diesAtTakeOver?: number
  /** The longest file that the process may write, in blocks of the shell. */
  readonly maxFileBlocks?: number
}

/** What callers and servers of one test have seen. */
export interface Tally {
  /** Requests that were sent, and those that were answered 200. */
  sent: number
  answered: number
  /** Usage that servers gave up, and events of their journals. */
  lost: number
  /** Usage that was sent again, although it may have been counted. */
  resent: number
  readonly reasons: Set<string>
  readonly events: string[]
}

export const newTally = (): Tally => ({ sent: 0, answered: 0, lost: 0, resent: 0, reasons: new Set(), events: [] })

export class KilledServer {
  readonly #child: ChildProcess
  readonly #tally: Tally
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 16 })
  #port = 0
  #loading = false
  #load: Promise<unknown> = Promise.resolve()

  static async start(settings: ServerSettings, tally: Tally): Promise<KilledServer> {
    const server = new KilledServer(settings, tally)
    // Half a minute, because many processes may start on the machine.
    for (let tries = 0; tries < 5 && server.#port === 0; tries++) {
      await eventually(() => server.#port > 0, '').catch(() => {})
    }
    await eventually(() => server.#port > 0, 'the server listens')
    return server
  }

  private constructor({ maxFileBlocks, ...settings }: ServerSettings, tally: Tally) {
    const given = JSON.stringify(settings)
    this.#child =
      maxFileBlocks === undefined
        ? spawn(process.execPath, [SCRIPT, given], OPTIONS)
        : spawn('sh', ['-c', `ulimit -f ${maxFileBlocks}; exec "$0" "$@"`, process.execPath, SCRIPT, given], OPTIONS)
    this.#tally = tally
    onTestFinished(() => {
      this.#child.kill('SIGKILL')
    })
    createInterface({ input: this.#child.stdout! }).on('line', (line) => {
      const said = JSON.parse(line)
      if (said.port !== undefined) this.#port = said.port
      if (said.lost !== undefined) {
        tally.lost += said.hits
        tally.reasons.add(said.lost)
      }
      if (said.resent !== undefined) tally.resent += said.resent
      if (said.journal !== undefined) tally.events.push(said.journal)
    })
  }

  /** Lets callers ask, each again after its answer, until the server ends or `rest` is called. */
  load(callers = 16): void {
    this.#loading = true
    this.#load = Promise.all(Array.from({ length: callers }, () => this.#call()))
  }

  /** Lets the callers wait for their last answers. */
  async rest(): Promise<void> {
    this.#loading = false
    await this.#load
  }

  signal(signal: 'SIGSTOP' | 'SIGCONT'): void {
    this.#child.kill(signal)
  }

  /** Ends it in the middle of everything. */
  async kill(): Promise<void> {
    const closed = once(this.#child, 'close')
    this.#child.kill('SIGKILL')
    this.#loading = false
    await closed
    await this.#load
    this.#agent.destroy()
  }

  /** Resolves once it has ended by itself. */
  async dead(): Promise<void> {
    if (this.#child.signalCode === null) await once(this.#child, 'close')
    this.#loading = false
    await this.#load
    this.#agent.destroy()
  }

  /** Ends it in order. */
  async stop(): Promise<void> {
    const closed = once(this.#child, 'close')
    this.#child.kill('SIGTERM')
    await closed
    this.#agent.destroy()
  }

  /** Resolves once no usage is on its way any more. */
  async settled(): Promise<void> {
    for (let tries = 0; tries < 600; tries++) {
      const { hits } = (await this.stats()).usage
      if (hits === undefined || hits.pending + hits.inFlight + hits.ambiguous === 0) return
      await new Promise((resolve) => {
        setTimeout(resolve, 25)
      })
    }
    throw new Error('usage is still on its way')
  }

  /** Resolves once everything that waits is written. */
  async written(): Promise<void> {
    for (let tries = 0; tries < 600; tries++) {
      if ((await this.stats()).journal?.state === 'working') return
      await new Promise((resolve) => {
        setTimeout(resolve, 25)
      })
    }
    throw new Error('the journal does not work')
  }

  async stats(): Promise<{
    usage: Record<string, { pending: number; inFlight: number; ambiguous: number }>
    journal?: { state: string; written: number; unwritten: number }
  }> {
    return JSON.parse((await this.#get('/stats')).text)
  }

  async #call(): Promise<void> {
    for (let asked = 0; this.#loading; asked++) {
      this.#tally.sent += 1
      try {
        const { status } = await this.#get(asked % 2 === 0 ? '/?user_key=unlimited-key' : '/?user_key=good-key')
        if (status === 200) this.#tally.answered += 1
      } catch {
        return
      }
    }
  }

  #get(path: string): Promise<{ status: number; text: string }> {
    return new Promise((resolve, reject) => {
      const request = get({ port: this.#port, host: '127.0.0.1', path, agent: this.#agent }, (response) => {
        let text = ''
        response.setEncoding('utf8')
        response.on('data', (part) => {
          text += part
        })
        // An answer counts from its first byte on: the handler has run.
        if (path !== '/stats') resolve({ status: response.statusCode!, text })
        response.on('end', () => resolve({ status: response.statusCode!, text }))
        response.on('error', reject)
        response.on('close', reject)
      })
      request.on('error', reject)
    })
  }
}

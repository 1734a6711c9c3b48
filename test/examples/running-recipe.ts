/** Runs a program of a page as a process of its own, in front of an emulator. */
import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { get } from 'node:http'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { createEmulator, type Fault } from '@threescale/emulator'
import { afterAll } from 'vitest'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))

/** Prints the port of every server that listens, as the programs print nothing. */
const PRELOAD = `
import { Server } from 'node:net'
const { listen } = Server.prototype
Server.prototype.listen = function (...given) {
  this.once('listening', () => console.log('port ' + this.address().port))
  return listen.apply(this, given)
}`

export interface RecipeOptions {
  /** The example whose packages the program may import. */
  readonly framework: 'express' | 'fastify' | 'koa'
  /** Put in front of the first place where the program has the text `before`. */
  readonly added?: { readonly before: string; readonly code: string } | undefined
  /** The command and its arguments, given those of Node. Default: Node itself. */
  readonly command?: ((node: readonly string[]) => readonly string[]) | undefined
  /** Default: what it writes is read. */
  readonly stdio?: StdioOptions | undefined
  /** What the backend does wrong. */
  readonly faults?: readonly Fault[] | undefined
  /** Whether it leads a process group of its own, as a program in a terminal does. Default false. */
  readonly detached?: boolean | undefined
}

export interface RunningRecipe {
  readonly child: ChildProcess
  readonly port: number
  /** Opens `/events` and resolves after three events. */
  stream(): Promise<EventStream>
  /** What the application has used of a metric today. */
  used(metric: string): number
  /** Resolves with exit code, signal and what it wrote to stderr, once the process has ended. */
  readonly ended: Promise<{ readonly code: number | null; readonly signal: string | null; readonly errors: string }>
}

export interface EventStream {
  /** Events that have arrived. */
  readonly events: number
  readonly closed: boolean
}

/** The first JavaScript program below a heading of a page. */
export function programBelow(page: string, heading: string): string {
  const text = readFileSync(`${ROOT}${page}`, 'utf8')
  const [, below] = text.split(`${heading}\n`)
  const program = /^```js\n([\s\S]*?)^```$/m.exec(below ?? '')?.[1]
  if (program === undefined) throw new Error(`${page} has no program below ${heading}`)
  return program
}

// Not `onTestFinished`: while tests run concurrently, it may belong to another one, which then ends this one's process.
const cleanups: (() => Promise<void>)[] = []
afterAll(async () => {
  await Promise.all(cleanups.splice(0).map((clean) => clean()))
})

/** Runs until the end of the test file, if it does not end before. */
export async function startRecipe(program: string, options: RecipeOptions): Promise<RunningRecipe> {
  const { framework, added, command = (node) => node, stdio = ['ignore', 'pipe', 'pipe'], detached = false } = options
  const emulator = createEmulator()
  emulator.setFaults([...(options.faults ?? [])])
  // A machine that runs many tests at once is slow.
  const patience = 'timeoutMs: 30_000'
  const settings = `backendUrl: ${JSON.stringify(await emulator.listen())}, serviceToken: 'demo-token', ${patience}`
  const place = added === undefined ? -1 : program.indexOf(added.before)
  const whole = place === -1 ? program : `${program.slice(0, place)}${added!.code}\n${program.slice(place)}`
  const code = whole.replace('serviceToken: process.env.THREESCALE_TOKEN', settings).replace('8080', '0')
  // Inside of the example, so that packages resolve; ignored by git.
  mkdirSync(`${ROOT}examples/${framework}/.cache`, { recursive: true })
  const folder = mkdtempSync(`${ROOT}examples/${framework}/.cache/recipe-`)
  writeFileSync(join(folder, 'server.mjs'), code)
  writeFileSync(join(folder, 'preload.mjs'), PRELOAD)
  const [file, ...given] = command([
    process.execPath,
    '--import',
    join(folder, 'preload.mjs'),
    join(folder, 'server.mjs'),
  ])
  const child = spawn(file!, given, { stdio, detached })
  let errors = ''
  child.stderr!.setEncoding('utf8').on('data', (text) => {
    errors += text
  })
  const ended = once(child, 'close').then(([code, signal]) => ({ code, signal, errors }))
  cleanups.push(async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL')
    await ended
    await emulator.close()
    rmSync(folder, { recursive: true, force: true })
  })
  const failed = ended.then(() => {
    throw new Error(`the program ended before it listened: ${errors}`)
  })
  failed.catch(() => {})
  const [line] = await Promise.race([once(createInterface({ input: child.stdout! }), 'line'), failed])
  const port = Number(String(line).split(' ')[1])
  return {
    child,
    port,
    ended,
    stream: () => openStream(port),
    used: (metric) => emulator.usage()['2555417']?.unlimited?.[metric]?.day ?? 0,
  }
}

async function openStream(port: number): Promise<EventStream> {
  const stream = { events: 0, closed: false }
  const request = get({ port, host: '127.0.0.1', path: '/events?user_key=unlimited-key', agent: false })
  request.on('error', () => {
    stream.closed = true
  })
  request.on('response', (response) => {
    response.setEncoding('utf8').on('data', (text: string) => {
      stream.events += text.split('data: ').length - 1
    })
    response
      .on('error', () => {})
      .on('close', () => {
        stream.closed = true
      })
  })
  while (stream.events < 3 && !stream.closed) await sleep(5)
  return stream
}

/** Reads and follows a state file. */
import { readFileSync } from 'node:fs'
import type { EmulatorState } from './state.ts'
import { validateState } from './validate-state.ts'

/** What happens to a watched file. */
export interface StateFileListener {
  /** Called for each new version. */
  onState(state: EmulatorState): void
  /** Called for a version that cannot be used; watching goes on. */
  onProblem(error: Error): void
}

/** A state file as it was read. */
export interface StateFile {
  readonly path: string
  readonly state: EmulatorState
  /**
   * Tells the listener about each content after this one to which the path leads, also when the file, a link or a folder
   * on its way is replaced. The result stops watching.
   */
  watch(listener: StateFileListener): () => void
}

/** Reads a state file. @throws Error naming the file and what is wrong with it. */
export function readStateFile(path: string): StateFile {
  const text = readFileSync(path, 'utf8')
  return { path, state: parseState(path, text), watch: (listener) => watch(path, text, listener) }
}

function parseState(path: string, text: string): EmulatorState {
  try {
    return validateState(JSON.parse(text))
  } catch (error) {
    throw new Error(`${path}: ${(error as Error).message}`)
  }
}

/** How often the file is read, in milliseconds. Editors write in several steps, so a content counts once seen twice. */
const intervalMs = 200

interface Look {
  readonly text?: string
  readonly problem?: string
}

function look(path: string): Look {
  try {
    return { text: readFileSync(path, 'utf8') }
  } catch (error) {
    return { problem: (error as Error).message }
  }
}

function isSame(a: Look, b: Look): boolean {
  return a.text === b.text && a.problem === b.problem
}

// Not fs.watch: it would have to watch each link and folder on the way, and sees nothing of some mounted folders.
function watch(path: string, text: string, listener: StateFileListener): () => void {
  let told: Look = { text }
  let seen = told
  const timer = setInterval(() => {
    const now = look(path)
    const isSettled = isSame(now, seen)
    seen = now
    if (!isSettled || isSame(now, told)) return
    told = now
    try {
      if (now.text === undefined) throw new Error(now.problem)
      listener.onState(parseState(path, now.text))
    } catch (error) {
      listener.onProblem(error as Error)
    }
  }, intervalMs).unref()
  return () => clearInterval(timer)
}

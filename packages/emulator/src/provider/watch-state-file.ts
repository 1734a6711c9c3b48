/** Follows a state file while it is edited. */
import { readFileSync, watch } from 'node:fs'
import { basename, dirname, resolve } from 'node:path'
import type { EmulatorState } from './state.ts'
import { validateState } from './validate-state.ts'

/** Reads a state file. @throws Error naming the file and what is wrong with it. */
export function readStateFile(path: string): EmulatorState {
  return parseState(path, readFileSync(path, 'utf8'))
}

function parseState(path: string, text: string): EmulatorState {
  try {
    return validateState(JSON.parse(text))
  } catch (error) {
    throw new Error(`${path}: ${(error as Error).message}`)
  }
}

/** What happens to a watched file. */
export interface StateFileListener {
  /** Called for each new version. */
  onState(state: EmulatorState): void
  /** Called for a version that cannot be used; watching goes on. */
  onProblem(error: Error): void
}

/** Editors write a file in several steps; it is read this long after the last one. */
const settleMs = 50

/** Tells the listener about each new content, also when another file replaces this one. The result stops watching. */
export function watchStateFile(path: string, listener: StateFileListener): () => void {
  const name = basename(path)
  let last = readFileSync(path, 'utf8')
  let timer: NodeJS.Timeout | undefined
  function reload(): void {
    try {
      const text = readFileSync(path, 'utf8')
      if (text === last) return
      last = text
      listener.onState(parseState(path, text))
    } catch (error) {
      listener.onProblem(error as Error)
    }
  }
  // Watch the folder: when a file is replaced, a watcher of the file itself sees nothing more.
  const watcher = watch(dirname(resolve(path)), (_event, changed) => {
    if (changed !== null && changed !== name) return
    clearTimeout(timer)
    timer = setTimeout(reload, settleMs)
  })
  return () => {
    clearTimeout(timer)
    watcher.close()
  }
}

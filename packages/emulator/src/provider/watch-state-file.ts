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

export interface StateFileListener {
  onState(state: EmulatorState): void
  /** A version that cannot be used; the file is still followed. */
  onProblem(error: Error): void
}

/** Editors write a file in several steps; they get this long to come to rest. */
const settleMs = 50

/** Tells about every new content of the file, also when it is replaced by another. The result ends it. */
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
  // The folder is watched, since a file that is replaced takes its watcher with it.
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

/** Ends a program with the npm that started it. */
import { readFileSync } from 'node:fs'

/** How often the parent is looked at, in milliseconds. */
const intervalMs = 500

/**
 * Notes the parent of this program. The result calls `onEnd` once that parent is gone, if npm, npx, pnpm or yarn started
 * this program; else it does nothing. They put a shell in between that passes no signal on, so nothing else would end
 * the program. What it returns stops watching.
 */
export function noteNpmParent(): (onEnd: () => void) => () => void {
  if (process.env.npm_config_user_agent === undefined) return () => () => {}
  const parents = parentsOfThisProgram()
  return (onEnd) => {
    const timer = setInterval(() => {
      if (parentsOfThisProgram() === parents) return
      clearInterval(timer)
      onEnd()
    }, intervalMs).unref()
    return () => clearInterval(timer)
  }
}

/** The parent, and if it is a shell its parent, where `/proc` tells it. A process gets another parent when one ends. */
function parentsOfThisProgram(): string {
  const { ppid } = process
  const [name, parent] = statOf(ppid)
  return /^(?:ba|da|a)?sh$/.test(name) ? `${ppid} ${parent}` : `${ppid}`
}

function statOf(pid: number): [name: string, parent: string] {
  try {
    const [, name = '', parent = ''] = /^\d+ \((.*)\) \S (\d+)/s.exec(readFileSync(`/proc/${pid}/stat`, 'utf8')) ?? []
    return [name, parent]
  } catch {
    return ['', '']
  }
}

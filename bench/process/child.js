// @ts-check
/** The parent's side of a benchmark process: starts it, calls its methods, ends it. */
import { fork } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const HERE = fileURLToPath(new URL('..', import.meta.url))

/**
 * @typedef {object} Child
 * @property {(method: string, argument?: unknown) => Promise<any>} call
 * @property {() => Promise<void>} stop
 */

/**
 * Starts a module of bench/ as a separate process.
 *
 * @param {string} module path below bench/
 * @param {{ nodeOptions?: string[], env?: Record<string, string>, bench?: string | undefined }} [options] `bench`: that of another
 *   checkout
 * @returns {Child}
 */
export function startChild(module, { nodeOptions = [], env = {}, bench = HERE } = {}) {
  const child = fork(join(bench, module), {
    execArgv: nodeOptions,
    env: { ...process.env, NODE_ENV: 'production', ...env },
  })
  /** @type {Map<number, { resolve(value: unknown): void, reject(error: Error): void }>} */
  const waiting = new Map()
  let calls = 0
  child.on('message', (/** @type {{ id: number, result?: unknown, problem?: string }} */ answer) => {
    const call = waiting.get(answer.id)
    waiting.delete(answer.id)
    if (answer.problem === undefined) call?.resolve(answer.result)
    else call?.reject(new Error(`${module}: ${answer.problem}`))
  })
  const gone = new Promise((resolve) => {
    child.on('exit', (code, signal) => {
      for (const { reject } of waiting.values()) reject(new Error(`${module} ended with ${code ?? signal}`))
      resolve(undefined)
    })
  })
  return {
    call: (method, argument) =>
      new Promise((resolve, reject) => {
        calls += 1
        waiting.set(calls, { resolve, reject })
        child.send({ id: calls, method, argument })
      }),
    async stop() {
      if (child.connected) child.disconnect()
      await gone
    },
  }
}

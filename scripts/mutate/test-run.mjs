// One run of test files in a copy, in processes that can be ended together whatever the tests do.
import { fork } from 'node:child_process'
import { join } from 'node:path'

// Enough for Vitest itself to start on a busy machine.
const START_MS = 20_000
// A mutant may slow a test down without an endless loop.
const SLOWER = 5

/** @type {Set<import('node:child_process').ChildProcess>} */
const running = new Set()

/**
 * @typedef {object} TestRun
 * @property {'passed' | 'failed' | 'timed out'} outcome
 * @property {string | undefined} failure the test that failed, or what else went wrong
 * @property {Set<string>} failed test files
 * @property {Map<string, number>} took milliseconds by test file
 */

/**
 * @param {string} root of the copy
 * @param {readonly string[]} files test files, in order
 * @param {{ record?: boolean, goOn?: boolean, usualMs?: ReadonlyMap<string, number> }} options
 *   `record`: note which code runs; `goOn`: after a failure too; `usualMs`: how long files take without a mutant
 * @returns {Promise<TestRun>}
 */
export function runTests(root, files, { record = false, goOn = false, usualMs = new Map() } = {}) {
  if (files.length === 0)
    return Promise.resolve({ outcome: 'passed', failure: undefined, failed: new Set(), took: new Map() })
  return new Promise((resolve) => {
    const child = fork(
      join(root, 'scripts/mutate/run-tests.mjs'),
      [record ? 'record' : 'run', goOn ? 'all' : 'to-failure', ...files],
      {
        cwd: root,
        detached: true,
        stdio: 'ignore',
        env: { ...process.env, CI: 'true' },
      },
    )
    running.add(child)
    /** @type {TestRun} */
    const run = { outcome: 'passed', failure: undefined, failed: new Set(), took: new Map() }
    let began = Date.now()
    let left = [...files]
    let finished = false
    /** @type {NodeJS.Timeout | undefined} */
    let timer
    const watch = () => {
      clearTimeout(timer)
      const usual = usualMs.get(left[0] ?? '') ?? 60_000
      timer = setTimeout(
        () => {
          run.outcome = 'timed out'
          run.failure = left[0]
          end(child)
        },
        START_MS + SLOWER * usual,
      )
    }
    watch()
    child.on('message', (/** @type {{ file?: string, failure?: string }} */ { file, failure }) => {
      if (failure !== undefined && run.outcome === 'passed') {
        run.outcome = 'failed'
        run.failure = file === undefined ? failure : `${file}: ${failure}`
        // The rest need not run, nor the cleaning up of a test that hangs.
        if (!goOn) end(child)
      }
      if (file !== undefined && failure !== undefined) run.failed.add(file)
      if (file === undefined) {
        finished = true
        return
      }
      run.took.set(file, Date.now() - began)
      began = Date.now()
      left = left.filter((one) => one !== file)
      watch()
    })
    child.once('exit', (code, signal) => {
      clearTimeout(timer)
      // What the tests have started may outlive them.
      end(child)
      running.delete(child)
      if (run.outcome === 'passed' && !finished) {
        run.outcome = 'failed'
        run.failure = `the tests ended early (${code ?? signal})`
      }
      resolve(run)
    })
  })
}

/** Ends all runs at once. */
export function endRuns() {
  for (const child of running) end(child)
}

/** @param {import('node:child_process').ChildProcess} child */
function end(child) {
  try {
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
  } catch {
    // All of them are gone.
  }
}

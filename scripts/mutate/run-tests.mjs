// Runs test files one after the other in the order given and tells its parent of each.
// Started by test-run.mjs with the root of a copy as its working directory: run-tests.mjs record|run all|to-failure FILE...
import { relative } from 'node:path'
import { startVitest } from 'vitest/node'

const [what, until, ...files] = process.argv.slice(2)

// What is given here replaces what vitest.config.ts says.
const CONFIGURED = ['test/support/warnings.ts', 'test/support/seed.ts']

class GivenOrder {
  /** @param {import('vitest/node').TestSpecification[]} specifications */
  sort(specifications) {
    const place = (/** @type {string} */ id) => files.indexOf(relative(process.cwd(), id))
    return specifications.sort((a, b) => place(a.moduleId) - place(b.moduleId))
  }
  /** @param {import('vitest/node').TestSpecification[]} specifications */
  shard(specifications) {
    return specifications
  }
}

/** @type {import('vitest/node').Reporter} */
const reporter = {
  onTestModuleEnd(module) {
    const failed = [...module.children.allTests()].find((test) => test.result().state === 'failed')
    const broken = module.errors()[0]?.message
    process.send?.({
      file: relative(process.cwd(), module.moduleId),
      failure: failed?.fullName ?? (broken === undefined ? undefined : `does not load: ${broken.split('\n')[0]}`),
    })
  },
  onTestRunEnd(_modules, errors) {
    const failure = errors.length === 0 ? undefined : `unhandled: ${errors[0]?.message.split('\n')[0]}`
    process.send?.({ file: undefined, failure })
  },
}

await startVitest('test', files, {
  root: process.cwd(),
  config: 'scripts/mutate/vitest.config.mjs',
  watch: false,
  bail: until === 'all' ? 0 : 1,
  maxWorkers: 1,
  reporters: [reporter],
  silent: true,
  sequence: { sequencer: GivenOrder },
  ...(what === 'record' ? { setupFiles: [...CONFIGURED, 'scripts/mutate/record-hits.mjs'] } : {}),
})
process.exit()

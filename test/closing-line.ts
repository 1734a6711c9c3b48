/** A reporter that ends a run with one line: `N passed, N failed, N skipped`. */
import type { Reporter, TestModule } from 'vitest/node'

const closingLine: Reporter = {
  onTestRunEnd(modules: ReadonlyArray<TestModule>) {
    const count = { passed: 0, failed: 0, skipped: 0 }
    for (const module of modules) {
      // A module that does not even load holds no tests; it must not read as a clean run.
      if (module.errors().length > 0) count.failed++
      for (const test of module.children.allTests()) {
        const { state } = test.result()
        count[state === 'pending' ? 'failed' : state]++
      }
    }
    process.on('exit', () => console.log(`${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped`))
  },
}

export default closingLine

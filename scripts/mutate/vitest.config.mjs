// The configuration of the tests without projects, so that each file has a process of its own and what is set here holds.
import base from '../../vitest.config.ts'

const { test } = base

export default {
  ...base,
  test: { ...test, projects: undefined, include: ['packages/*/test/**/*.test.ts', 'test/**/*.test.ts'] },
}

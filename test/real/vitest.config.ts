/** `npm run real`: the tests that need a backend of their own, which `npm test` leaves out. */
import { mergeConfig } from 'vitest/config'
import base from '../../vitest.config.ts'

const { APISONATOR_URL, APISONATOR_STATE } = process.env

const whySkipped = {
  onInit() {
    if (APISONATOR_URL && APISONATOR_STATE) return
    console.log('\nSkipped: set APISONATOR_URL and APISONATOR_STATE, see test/real/README.md')
  },
}

const ROOT = new URL('../../', import.meta.url).pathname

export default mergeConfig(
  { ...base, test: { ...base.test, projects: undefined } },
  {
    root: ROOT,
    test: {
      include: ['test/real/*.real.ts'],
      reporters: [whySkipped],
      // One file after the other: they count on the same applications.
      fileParallelism: false,
      testTimeout: 120_000,
    },
  },
)

// A setup file of Vitest: writes down which pieces of the instrumented modules a test file has run.
import { writeFileSync } from 'node:fs'
import { afterAll, expect } from 'vitest'

/** @type {Set<number>} */
const hits = new Set()
Object.assign(globalThis, { mutationHits: hits })

afterAll(() => {
  const { testPath } = expect.getState()
  if (testPath !== undefined) writeFileSync(`${testPath}.hits.json`, JSON.stringify([...hits]))
})

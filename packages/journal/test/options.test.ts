import { resolve } from 'node:path'
import { ConfigError } from '@threescale/core'
import { expect, it } from 'vitest'
import { fileJournal } from '../src/file-journal.ts'
import { checkFileJournal } from '../src/options.ts'

const problemsOf = (options: unknown): readonly string[] => {
  try {
    fileJournal(options as never)
  } catch (error) {
    if (error instanceof ConfigError) return error.problems
    throw error
  }
  return []
}

it('are filled with the defaults', () => {
  expect(checkFileJournal({ directory: 'usage', sync: undefined })).toEqual({
    directory: resolve('usage'),
    sync: 'write',
    maxBytes: 67_108_864,
  })
})

it('refuse a directory in which a socket would have too long a path', () => {
  const directory = `/${'x'.repeat(80)}`
  expect(() => checkFileJournal({ directory }, 'darwin')).toThrow(/too long/)
  for (const platform of ['linux', 'win32'] as const) checkFileJournal({ directory }, platform)
  checkFileJournal({ directory: directory.slice(0, 60) }, 'darwin')
})

it.each([
  [undefined, 'fileJournal needs options such as { directory: "/var/lib/my-api/usage" }'],
  ['/tmp/usage', 'fileJournal needs options such as { directory: "/var/lib/my-api/usage" }'],
  [{}, 'directory is missing; is an environment variable not set?'],
  [{ directory: '' }, 'directory must be the path of a directory'],
  [{ directory: 7 }, 'directory must be the path of a directory'],
  [{ directory: 'a', sync: 'always' }, "sync must be 'write' or 'disk'"],
  [{ directory: 'a', maxBytes: 10 }, 'maxBytes must be a whole number of at least 65536'],
  [{ directory: 'a', maxBytes: '1MB' }, 'maxBytes must be a whole number of at least 65536'],
  [{ directory: 'a', path: 'b' }, 'path is no option of fileJournal; there are directory, sync and maxBytes'],
])('%j is refused', (options, problem) => {
  expect(problemsOf(options)).toEqual([problem])
})

it('tells all problems at once', () => {
  expect(problemsOf({ sync: 'x', maxBytes: 0, other: 1 })).toHaveLength(4)
})

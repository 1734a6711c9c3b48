/** The host of a URI against Ruby itself. `uri-hosts.rb` made the texts and what Ruby finds; its head says how. */
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { uriHost } from '../../src/ruby/uri-host.ts'

const cases = JSON.parse(readFileSync(new URL('uri-hosts.json', import.meta.url), 'utf8')) as [string, string | null][]

test(`finds the hosts of ${cases.length} texts as Ruby does`, () => {
  const found = cases.map(([text]) => [text, uriHost(text) === undefined ? 'invalid' : uriHost(text)])
  expect(found).toEqual(cases)
})

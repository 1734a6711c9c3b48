/** The host of a URI against Ruby itself. `uri-hosts.rb` made the texts and what Ruby finds; its head says how. */
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { uriHost } from '../../src/ruby/uri-host.ts'

const cases = JSON.parse(readFileSync(new URL('uri-hosts.json', import.meta.url), 'utf8')) as [string, string | null][]

test(`finds the hosts of ${cases.length} texts as Ruby does`, () => {
  const found = cases.map(([text]) => [text, uriHost(text) === undefined ? 'invalid' : uriHost(text)])
  expect(found).toEqual(cases)
})

// Expected values: Ruby 3.1. They are rare in the texts above.
test.each([
  ['http://[::1]:3000/x', '[::1]'],
  ['//[::1]/x', undefined],
  ['//u@[v1.a]/', undefined],
  ['http://[::1%25eth]/', undefined],
  ['file:///x', ''],
  ['file://localhost/x', ''],
  ['ldap://a/#x', undefined],
  ['http://a/?%zz', undefined],
  ['http://a/?%4z', 'a'],
  ['http:a?%zz', null],
])('the host of %s is %j', (text, expected) => {
  expect(uriHost(text)).toBe(expected)
})

import { expect, test } from 'vitest'
import { checkBackendUrl } from '../../src/validation/backend-url.ts'

function check(value: unknown): { url: string | undefined; problems: string[] } {
  const problems: string[] = []
  return { url: checkBackendUrl(value, 'backendUrl', problems), problems }
}

test.each([
  ['https://su1.3scale.net', 'https://su1.3scale.net'],
  ['https://su1.3scale.net/', 'https://su1.3scale.net'],
  ['http://gate.example/3scale//', 'http://gate.example/3scale'],
  ['http://gate.example/transactions', 'http://gate.example/transactions'],
])('%s is a base', (given, url) => {
  expect(check(given)).toEqual({ url, problems: [] })
})

test.each([
  'https://su1.3scale.net/transactions.xml',
  'https://su1.3scale.net/transactions/authorize.xml',
  'https://su1.3scale.net/transactions/authrep.xml/',
  'https://su1.3scale.net/transactions/oauth_authrep.xml',
  'https://gate.example/3scale/transactions/oauth_authorize.xml',
])('the path of one call is refused: %s', (given) => {
  const problem = 'backendUrl must be the base alone, without /transactions….xml'
  expect(check(given)).toEqual({ url: undefined, problems: [problem] })
})

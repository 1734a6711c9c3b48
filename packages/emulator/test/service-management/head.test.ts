import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createEmulator } from '../../src/index.ts'
import { authrep, dictionary, noon } from '../dictionary.ts'

test('HEAD is answered as GET, with the length of its body unless middleware made it', () => {
  const query = fc
    .array(
      fc.constantFrom(
        'usage[hits]=1',
        'usage[nope]=1',
        'usage=1',
        'a[b]=1',
        'a[]=1',
        'a=%zz',
        'a=%FF',
        'user_id=1',
        'no_body=1',
      ),
      { maxLength: 4 },
    )
    .map((parts) => parts.join('&'))
  const options = fc.constantFrom(undefined, 'hierarchy=1', 'a=1&a[b]=1', '%FF=1', 'no_body=1')
  const path = fc.constantFrom(
    '/status',
    '/check.txt',
    '/nope',
    '/available',
    '*',
    authrep('x=1'),
    authrep('x=1', 'bad'),
  )
  fc.assert(
    fc.property(path, query, options, fc.constantFrom('http://evil.example/', ''), (start, more, header, referer) => {
      const headers = { host: 'localhost', referer, ...(header && { '3scale-options': header }) }
      const ask = (method: string) => {
        const target = start.includes('?') ? `${start}&${more}` : `${start}?${more}`
        return createEmulator({ state: dictionary(), clock: noon }).handle({ method, target, headers })
      }
      const [get, head] = [ask('GET'), ask('HEAD')]
      // The only route of HEAD alone.
      if (start === '/available') return
      const { 'content-length': length, ...rest } = head.headers
      expect([head.status, head.body, rest]).toEqual([get.status, '', get.headers])
      const isOfMiddleware = get.body.includes('<error ') || get.body === 'Forbidden'
      expect(length).toBe(isOfMiddleware ? '0' : String(Buffer.byteLength(get.body)))
    }),
  )
})

import { expect, it } from 'vitest'
import { openLedger, verdictOf } from '../../../../../test/support/test-ledger.ts'
import { identityText } from '../../../src/authorization/callers/identity.ts'
import { learnVerdict } from '../../../src/authorization/callers/learn-verdict.ts'
import { ServiceCache } from '../../../src/authorization/callers/service-cache.ts'
import type { ProtectedService } from '../../../src/decision/protected-service.ts'
import { DEFAULTS } from '../../../src/defaults.ts'

it('usage of a caller that was unverified moves to its application once, however many answers follow', () => {
  const ledger = openLedger()
  const { service, clock, whole, known, admit } = ledger
  const cache = new ServiceCache({
    service: { id: 's1' } as ProtectedService,
    ledger: service,
    cache: DEFAULTS.cache,
    observer: { cached: () => {} },
  })
  const credentials = { userKey: 'k1' }
  const { application: unverified } = cache.admitUnverified(
    identityText(credentials, undefined),
    credentials,
    undefined,
  )!
  admit(unverified, { hits: 3 })
  const learn = () => {
    const verdict = verdictOf([['hits', 'day', 10, 2]], clock.now())
    const accepted = { ...verdict, application: { ...verdict.application, id: 'a1' } }
    const asked = { credentials, referrer: undefined, metrics: ['hits'], stamp: whole.stampQuestion() }
    learnVerdict(cache, accepted, asked, clock.now())
    return known(service.applications.get('a1')!)
  }
  expect(learn()).toEqual([5])
  expect(learn()).toEqual([5])
  expect(whole.sums().hits).toMatchObject({ admitted: 3, pending: 3 })
})

/** Verdicts of a real backend: each kind that its state allows. Nothing here counts. */
import { describe, expect, it } from 'vitest'
import { type Credentials, faultOf } from '../../packages/core/src/index.ts'
import { backend, callers, clientOf, credentialsOf, limitedMetrics, referrerOf, services } from './real-backend.ts'

const NOBODY = `nobody-${Date.now()}`

describe.skipIf(backend === undefined)('verdicts', () => {
  it('the state names a service with a token, and an application that may call it', () => {
    expect(callers.length).toBeGreaterThan(0)
  })

  for (const { service, application } of callers) {
    const credentials = credentialsOf(service, application)!
    const referrer = referrerOf(service, application)
    const name = `service ${service.id}, application ${JSON.stringify(application.id)}`
    const ask = (caller: Credentials, usage = {}) => clientOf(service).authorize(caller, { usage, referrer })

    describe(name, () => {
      it('is let in, unless a limit is used up', async () => {
        const verdict = await ask(credentials)
        if (verdict.authorized) expect(verdict.status).toBe(200)
        else expect(verdict).toMatchObject({ status: 409, code: 'limits_exceeded' })
        expect(verdict.readable).toBe(true)
      })

      it('is denied by the code that says so if the metric is unknown, which is our own fault', async () => {
        const verdict = await ask(credentials, { [NOBODY]: 1 })
        expect(verdict).toMatchObject({ authorized: false, code: 'metric_invalid' })
        expect(faultOf('metric_invalid')).toBe('ours')
      })

      if ((application.application_keys?.length ?? 0) > 0 && service.backend_version !== '1') {
        it('is denied with a wrong application key', async () => {
          const verdict = await ask({ ...credentials, appKey: NOBODY } as Credentials)
          expect(verdict).toMatchObject({ authorized: false, status: 409, code: 'application_key_invalid' })
        })
      }

      if (referrer !== undefined) {
        it('is denied without a referrer, and with one that no filter names', async () => {
          const client = clientOf(service)
          const denied = { authorized: false, status: 409, code: 'referrer_not_allowed' }
          expect(await client.authorize(credentials)).toMatchObject(denied)
          if (!application.referrer_filters!.some((filter) => filter.startsWith('*'))) {
            expect(await client.authorize(credentials, { referrer: NOBODY })).toMatchObject(denied)
          }
        })
      }

      for (const metric of limitedMetrics(service, application)) {
        it(`is denied for a usage of ${metric} above its limit`, async () => {
          const verdict = await ask(credentials, { [metric]: Number.MAX_SAFE_INTEGER })
          expect(verdict).toMatchObject({ authorized: false, status: 409, code: 'limits_exceeded' })
          expect(verdict.usageReports.some((report) => report.metric === metric)).toBe(true)
        })
      }
    })
  }

  for (const service of services) {
    it(`service ${service.id} knows no made-up caller`, async () => {
      const [caller, code]: [Credentials, string] =
        service.backend_version === '1'
          ? [{ userKey: NOBODY }, 'user_key_invalid']
          : [{ appId: NOBODY }, 'application_not_found']
      expect(await clientOf(service).authrep(caller)).toMatchObject({ authorized: false, code })
    })

    it(`service ${service.id} refuses a wrong token, which is our own fault`, async () => {
      const client = clientOf(service, { serviceToken: NOBODY })
      const verdict = await client.authorize({ userKey: NOBODY })
      expect(verdict).toMatchObject({ authorized: false, status: 403, code: 'service_token_invalid' })
      expect(faultOf('service_token_invalid')).toBe('ours')
    })

    for (const application of service.applications ?? []) {
      const credentials = credentialsOf(service, application)
      const code =
        application.state === 'suspended'
          ? 'application_not_active'
          : service.state === 'suspended'
            ? 'service_not_active'
            : undefined
      if (code === undefined || credentials === undefined) continue
      it(`service ${service.id} denies ${JSON.stringify(application.id)} as ${code}`, async () => {
        const verdict = await clientOf(service).authorize(credentials, { referrer: referrerOf(service, application) })
        expect(verdict).toMatchObject({ authorized: false, status: 409, code })
      })
    }
  }
})

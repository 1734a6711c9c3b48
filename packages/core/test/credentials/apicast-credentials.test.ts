/** Replays which credentials APIcast found, against the credentials reader alone. */
import { expect, test } from 'vitest'
import { type ApicastCase, apicastCases } from '../../../../test/conformance/apicast.ts'
import { createCredentialsReader } from '../../src/credentials/credentials-reader.ts'
import { viewOf } from '../requests.ts'

test.each(apicastCases('credentials'))('$name', async ({ config, request, expect: recorded, deviation }) => {
  const found = await readerOf(config).read(viewOf({ ...request, form: request.body ?? undefined }))
  const status = deviation?.ours.status ?? recorded.status
  if (found === undefined) {
    expect(status).toBe(401)
    return
  }
  expect(status).toBe(200)
  const params = { ...recorded.backend_request?.params, ...deviation?.ours.params }
  expect(found).toEqual(
    'user_key' in params ? { userKey: params.user_key } : { appId: params.app_id, appKey: params.app_key },
  )
})

function readerOf(config: ApicastCase['config']) {
  const proxy = config.proxy as Record<string, string>
  const location = proxy.credentials_location ?? 'query'
  return createCredentialsReader({
    kind: String(config.backend_version) === '1' ? 'userKey' : 'appId',
    in: location === 'query' ? ['query', 'form'] : location === 'cookie' ? [] : [location as 'headers'],
    names: {
      userKey: (proxy.auth_user_key ?? 'user_key').toLowerCase(),
      appId: (proxy.auth_app_id ?? 'app_id').toLowerCase(),
      appKey: (proxy.auth_app_key ?? 'app_key').toLowerCase(),
    },
    anonymous: undefined,
    maxBytes: 4096,
    asApicast: true,
  })
}

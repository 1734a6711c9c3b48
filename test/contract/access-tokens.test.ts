/** Access tokens through every framework: who is served, and which challenge a denied caller gets. */
import type { EmulatorState } from '@threescale/emulator'
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { createSigningKey, signToken } from '../support/access-token.ts'
import { type IdentityProvider, startIdentityProvider } from '../support/identity-provider.ts'
import { quietLogger } from '../support/quiet-logger.ts'
import { SERVICE, TOKEN, useEmulator } from './backend.ts'
import { frameworks } from './frameworks/all.ts'
import { ask } from './wire.ts'

const state = (): EmulatorState => ({
  services: [
    {
      id: SERVICE,
      backend_version: 'oauth',
      service_tokens: [TOKEN],
      metrics: [{ id: '1', name: 'hits' }],
      plans: [{ id: 'free', name: 'Free' }],
      applications: [{ id: 'app-1', plan: 'free' }],
    },
  ],
})

const backend = useEmulator(state)
const key = createSigningKey('one')
let provider: IdentityProvider
beforeAll(async () => {
  provider = await startIdentityProvider([key])
})
afterAll(() => provider.close())
beforeEach(() => {
  provider.answer = undefined
})

describe.each(frameworks)('$name', (framework) => {
  async function serve(options: object = {}) {
    const app = await framework.create({
      guard: {
        serviceId: SERVICE,
        serviceToken: TOKEN,
        backendUrl: backend.url,
        credentials: { kind: 'oidc', issuer: provider.issuer, in: ['authorization', 'query', 'form'] },
        stripCredentials: true,
        logger: quietLogger,
        ...options,
      },
      forms: 'before',
      routes: {
        '/': (call) =>
          call.send(200, `${call.threescale?.application.id} ${call.url} ${call.request.headers.authorization}`),
        '/form': { method: 'POST', handler: (call) => call.send(200, JSON.stringify(call.body)) },
      },
    })
    onTestFinished(() => app.close())
    const port = await app.listen()
    return (authorization?: string, target = '/') =>
      ask(port, { target, ...(authorization === undefined ? {} : { headers: { authorization } }) })
  }

  const token = (claims: object = {}) => signToken(key, { issuer: provider.issuer, ...claims })

  it('serves a good token, wherever it stands, and strips it', async () => {
    const send = await serve()
    expect(await send(`Bearer ${token()}`)).toMatchObject({ status: 200, body: 'app-1 / undefined' })
    expect(await send(undefined, `/?access_token=${token()}&a=b`)).toMatchObject({ body: 'app-1 /?a=b undefined' })
  })

  it('challenges by Bearer, and names the error only if a token was sent', async () => {
    const send = await serve()
    const challengeOf = async (authorization?: string) => {
      const { status, headers } = await send(authorization)
      return [status, headers['www-authenticate']]
    }
    expect(await challengeOf()).toEqual([401, 'Bearer realm="3scale"'])
    expect(await challengeOf('Basic dTpw')).toEqual([401, 'Bearer realm="3scale"'])
    const invalid = 'Bearer realm="3scale", error="invalid_token"'
    expect(await challengeOf('Bearer')).toEqual([401, invalid])
    expect(await challengeOf('Bearer none')).toEqual([401, invalid])
    expect(await challengeOf(`Bearer ${token({ exp: 1 })}`)).toEqual([401, invalid])
    // 3scale's refusal of an application is none of the token.
    expect(await challengeOf(`Bearer ${token({ azp: 'app-9' })}`)).toEqual([403, undefined])
  })

  it('answers 503 while there are no keys, and says when to try again', async () => {
    provider.answer = (_request, response) => void response.writeHead(500).end()
    const send = await serve()
    expect(await send(`Bearer ${token()}`)).toMatchObject({ status: 503, headers: { 'retry-after': '1' } })
  })

  it('law 5: shows no caller why, and nothing of its token', async () => {
    const send = await serve()
    const sent = token({ aud: undefined })
    const { body, headers } = await send(`Bearer ${sent}`)
    expect(JSON.parse(body)).toEqual({
      type: 'about:blank',
      title: 'Unauthorized',
      status: 401,
      detail: 'the access token is not accepted',
      code: 'token_invalid',
    })
    for (const part of sent.split('.')) expect(body + JSON.stringify(headers)).not.toContain(part)
  })
})

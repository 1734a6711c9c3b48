/** Any document with OpenID Connect services is read, or refused with a ConfigError; its keys are made into a set or not. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { quietLogger } from '../../../../../test/support/quiet-logger.ts'
import { FixedKeys } from '../../../src/configuration/oidc/fixed-keys.ts'
import { type ProxyConfig, readProxyConfig } from '../../../src/configuration/portal/proxy-config.ts'
import { ConfigError } from '../../../src/errors.ts'
import { createGateway } from '../../../src/gateway/create-gateway.ts'
import { FUZZ_RUNS, FUZZ_TIMEOUT_MS } from '../../fuzz-runs.ts'

const any = fc.jsonValue({ maxDepth: 2 })
const mostly = (...values: unknown[]): fc.Arbitrary<unknown> =>
  fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...values) }, any)

const templates = fc
  .array(fc.constantFrom('{{', '}}', 'azp', '.a', "['b']", '|', 'first', 'default:', "'x'", ' ', '-', '{%', '}'))
  .map((parts) => parts.join(''))

const services = fc.record({
  id: mostly(1, 2, '3'),
  backend_version: mostly('oauth', '1', 'oidc'),
  backend_authentication_type: mostly('service_token'),
  backend_authentication_value: mostly('token', 'to\nken', '\ud800'),
  proxy: fc.record({
    authentication_method: mostly('oidc', 'oauth', '1', null),
    oidc_issuer_endpoint: mostly(
      'https://sso.example.com/realms/acme',
      'http://sso.example.com',
      'https://a:b@c?d',
      '',
    ),
    credentials_location: mostly('headers', 'query', 'cookie'),
    jwt_claim_with_client_id: fc.oneof(mostly('azp'), templates),
    jwt_claim_with_client_id_type: mostly('plain', 'liquid', null),
    hosts: mostly(['a.example'], ['b.example']),
    proxy_rules: fc.oneof(
      fc.array(
        fc.record({
          http_method: mostly('GET', 'ANY'),
          pattern: mostly('/', '/a/{b}?c={d}', '/a/../b', '//', '$'),
          metric_system_name: mostly('hits', 'a[b]', ' '),
          delta: mostly(1, 0, -1),
        }),
        { maxLength: 2 },
      ),
      any,
    ),
    backend: mostly({ endpoint: 'https://su1.3scale.net' }, { endpoint: 'https://su1.3scale.net/transactions.xml' }),
  }),
})

const entries = fc.oneof(
  any,
  fc.record(
    {
      issuer: mostly('https://sso.example.com'),
      config: fc.oneof(fc.record({ id_token_signing_alg_values_supported: any }), any),
      keys: fc.oneof(fc.dictionary(fc.string(), fc.oneof(fc.record({ pem: any, kty: any, kid: any }), any)), any),
      service_id: mostly(1, '2'),
    },
    { requiredKeys: [] },
  ),
)

test(
  'law 18: a document is read or refused, whatever it holds',
  async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(services, { minLength: 1, maxLength: 3 }),
        fc.oneof(fc.array(entries, { maxLength: 3 }), any),
        async (given, oidc) => {
          const proxyConfig = { services: given, oidc }
          let read: ProxyConfig
          try {
            read = readProxyConfig(proxyConfig)
          } catch (error) {
            expect(error).toBeInstanceOf(ConfigError)
            return
          }
          const { services, unusable } = read
          // What could be read can be served: otherwise one service would stop the others.
          await createGateway({ proxyConfig, logger: quietLogger }).close()
          expect(services.length).toBeGreaterThan(0)
          for (const { problems } of unusable) expect(problems.length).toBeGreaterThan(0)
          for (const { oidc } of services) {
            if (oidc === undefined) continue
            const clientId = oidc.clientId?.({ azp: 'app-1', list: ['a'] })
            expect(['string', 'undefined', 'object', 'number', 'boolean']).toContain(typeof clientId)
            if ('fixed' in oidc.keys) {
              const keys = new FixedKeys(oidc.keys.fixed)
              expect((await keys.newer()) === undefined).toBe(keys.trouble !== undefined)
            }
          }
        },
      ),
      { numRuns: FUZZ_RUNS },
    )
  },
  FUZZ_TIMEOUT_MS,
)

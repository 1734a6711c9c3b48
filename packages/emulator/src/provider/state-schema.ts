/** JSON Schema of the state file, for editors and validators. */
import { periodNames } from './period.ts'
import { arrayOf, objectOf, openObjectOf, type Schema } from './schema.ts'

const text: Schema = { type: 'string', minLength: 1 }
const texts = arrayOf(text)
const anyTexts = arrayOf({ type: 'string' })
const nullableText: Schema = { type: ['string', 'null'] }
const flag: Schema = { type: 'boolean' }
const state: Schema = { enum: ['active', 'suspended'], default: 'active' }

/** The schema (draft 2020-12). `validateState` also checks what refers to what. */
export const stateSchema: Schema = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  title: 'State of the 3scale emulator',
  ...objectOf(
    {
      $schema: text,
      services: listOf('service'),
      portal: { $ref: '#/$defs/portal' },
      identity_provider: { $ref: '#/$defs/identity_provider' },
    },
    ['services'],
  ),
  $defs: {
    portal: objectOf(
      { access_tokens: { ...texts, description: 'Accepted beside the provider keys. Only served with --portal.' } },
      [],
    ),
    identity_provider: objectOf(
      {
        issuer: { ...text, description: 'Default: the address under which it is called, and /realms/emulator.' },
        access_token_lifespan: { type: 'integer', minimum: 1, default: 300, description: 'In seconds.' },
      },
      [],
    ),
    service: objectOf(
      {
        id: { ...text, description: 'Service id, as in the service_id parameter.' },
        provider_key: { ...text, description: 'Provider key of the account. Default: provider-key.' },
        service_tokens: { ...texts, description: 'Tokens accepted for this service.' },
        backend_version: {
          enum: ['1', '2', 'oauth', null],
          description: '1: user keys, 2: application ids and keys, oauth: client ids. null or absent behaves like 2.',
        },
        referrer_filters_required: { ...flag, default: false },
        state,
        default_service: {
          ...flag,
          description: 'Used for a provider key without service id. Default: the first service of the provider.',
        },
        remove_default: { ...flag, description: 'Leaves the provider without a default service.' },
        metrics: listOf('metric'),
        plans: listOf('plan'),
        applications: listOf('application'),
        proxy: { $ref: '#/$defs/proxy' },
      },
      ['id'],
    ),
    proxy: openObjectOf(
      {
        hosts: { ...texts, description: 'Default: the hosts of endpoint and sandbox_endpoint.' },
        endpoint: nullableText,
        sandbox_endpoint: nullableText,
        backend: {
          ...openObjectOf({ endpoint: text }, ['endpoint']),
          description: 'Default: the address under which the portal was called.',
        },
        proxy_rules: listOf('rule'),
      },
      [],
    ),
    rule: openObjectOf(
      {
        http_method: { ...text, default: 'GET' },
        pattern: text,
        metric_system_name: { ...text, description: 'Name of a metric of the service.' },
        delta: { type: 'integer', minimum: 0, default: 1 },
        last: { ...flag, default: false },
      },
      ['pattern', 'metric_system_name'],
    ),
    metric: objectOf(
      {
        id: { ...text, description: 'Numeric ids decide the order of usage reports. Default: order of definition.' },
        name: text,
        parent: { ...nullableText, description: 'Name of the metric to which usage of this one is added, too.' },
      },
      ['name'],
    ),
    plan: objectOf({ id: nullableText, name: nullableText, limits: listOf('limit') }, ['id']),
    limit: objectOf(
      {
        metric: { ...text, description: 'Name of a metric of the service.' },
        period: { enum: periodNames },
        value: { type: 'integer', minimum: 0 },
      },
      ['metric', 'period', 'value'],
    ),
    application: objectOf(
      {
        id: { ...text, description: 'Application id, or client id.' },
        state,
        plan: { ...nullableText, description: 'Id of a plan. Without one nothing is limited.' },
        user_keys: texts,
        application_keys: anyTexts,
        referrer_filters: {
          ...anyTexts,
          description: 'Literal texts; * stands for any run of characters.',
        },
        redirect_url: nullableText,
        token_claims: { type: 'object', description: 'Claims of its access tokens, for example {"aud": "words-api"}.' },
      },
      ['id'],
    ),
  },
}

function listOf(definition: string): Schema {
  return arrayOf({ $ref: `#/$defs/${definition}` })
}

/** JSON Schema of the state file, for editors and validators. */

const text = { type: 'string', minLength: 1 }
const texts = { type: 'array', items: text }
const nullableText = { type: ['string', 'null'] }
const state = { enum: ['active', 'suspended'], default: 'active' }

/** The schema (draft 2020-12). Names that must refer to each other are checked by the emulator only. */
export const stateSchema: Readonly<Record<string, unknown>> = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  title: 'State of the 3scale emulator',
  ...object({ $schema: { type: 'string' }, services: { type: 'array', items: { $ref: '#/$defs/service' } } }, [
    'services',
  ]),
  $defs: {
    service: object(
      {
        id: { ...text, description: 'Service id, as in the service_id parameter.' },
        provider_key: { ...text, description: 'Provider key of the account. Default: provider-key.' },
        service_tokens: { ...texts, description: 'Tokens accepted for this service.' },
        backend_version: {
          enum: ['1', '2', 'oauth', null],
          description: '1: user keys, 2: application ids and keys, oauth: client ids. null or absent behaves like 2.',
        },
        referrer_filters_required: { type: 'boolean', default: false },
        state,
        default_service: {
          type: 'boolean',
          description: 'Used when a provider key comes without service id. Default: the first service of the provider.',
        },
        remove_default: { type: 'boolean', description: 'Leaves the provider without a default service.' },
        metrics: { type: 'array', items: { $ref: '#/$defs/metric' } },
        plans: { type: 'array', items: { $ref: '#/$defs/plan' } },
        applications: { type: 'array', items: { $ref: '#/$defs/application' } },
      },
      ['id'],
    ),
    metric: object(
      {
        id: { ...text, description: 'Numeric ids decide the order of usage reports. Default: order of definition.' },
        name: text,
        parent: { ...nullableText, description: 'Name of the metric to which usage of this one is added, too.' },
      },
      ['name'],
    ),
    plan: object(
      { id: nullableText, name: nullableText, limits: { type: 'array', items: { $ref: '#/$defs/limit' } } },
      ['id'],
    ),
    limit: object(
      {
        metric: { ...text, description: 'Name of a metric of the service.' },
        period: { enum: ['eternity', 'year', 'month', 'week', 'day', 'hour', 'minute'] },
        value: { type: 'integer', minimum: 0 },
      },
      ['metric', 'period', 'value'],
    ),
    application: object(
      {
        id: { ...text, description: 'Application id, or client id.' },
        state,
        plan: { ...nullableText, description: 'Id of a plan. Without one nothing is limited.' },
        user_keys: texts,
        application_keys: { type: 'array', items: { type: 'string' } },
        referrer_filters: {
          type: 'array',
          items: { type: 'string' },
          description: 'Literal texts; * stands for any run of characters.',
        },
        redirect_url: nullableText,
      },
      ['id'],
    ),
  },
}

function object(properties: Readonly<Record<string, unknown>>, required: readonly string[]) {
  return { type: 'object', properties, required, additionalProperties: false }
}

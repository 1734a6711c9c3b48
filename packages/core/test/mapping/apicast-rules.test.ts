/** Replays what APIcast matched, against mapping alone. */
import { expect, test } from 'vitest'
import { type ApicastCase, apicastCases } from '../../../../test/conformance/apicast.ts'
import type { Rule } from '../../src/mapping/rule.ts'
import { createUsageReader } from '../../src/mapping/usage-reader.ts'
import { viewOf } from '../requests.ts'

interface RecordedRule {
  readonly http_method: string
  readonly pattern: string
  readonly metric_system_name: string
  readonly delta?: number
  readonly last?: boolean
  readonly querystring_parameters?: Record<string, string>
}

test.each(apicastCases('mapping-rules'))('$name', async ({ config, request, expect: recorded, deviation }) => {
  const reader = createUsageReader({ mappingRules: rulesOf(config) })
  const found = await reader.read(viewOf({ ...request, form: request.body ?? undefined, router: {} }))
  const expected = { status: recorded.status, usage: recorded.usage, ...deviation?.ours }
  if (found === 'no-match') expect(expected).toMatchObject({ status: 404, usage: null })
  else if (found === 'ambiguous') expect(expected).toMatchObject({ status: 400, usage: null })
  else expect(expected).toMatchObject({ status: 200, usage: { ...found.usage } })
})

function rulesOf(config: ApicastCase['config']): Rule[] {
  return (config.proxy_rules as RecordedRule[]).map((rule) => ({
    method: rule.http_method,
    pattern: rule.pattern,
    metric: rule.metric_system_name,
    delta: rule.delta ?? 0,
    last: rule.last ?? false,
    query: rule.querystring_parameters ?? {},
  }))
}

/** Strict validation of a state: its members follow the schema, and every name they refer to exists. */
import { storageKey } from '../ruby/storage-key.ts'
import { findProblems } from './find-problems.ts'
import { InvalidDocumentError, type Problem } from './invalid-document.ts'
import type { EmulatorState } from './state.ts'
import { stateSchema } from './state-schema.ts'

/** The value as a state. @throws InvalidDocumentError listing every problem. */
export function validateState(value: unknown): EmulatorState {
  const problems = findProblems(stateSchema, value)
  if (problems.length === 0) checkTogether(value as EmulatorState, problems)
  if (problems.length > 0) throw new InvalidDocumentError('state', problems)
  return value as EmulatorState
}

/** Checks across members: names used twice, parents and metrics that do not exist, circles of parents. */
function checkTogether({ services }: EmulatorState, problems: Problem[]): void {
  unique(services, 'services', 'id', problems)
  services.forEach(({ metrics = [], plans = [], applications = [], proxy = {} }, index) => {
    const path = `services[${index}]`
    unique(metrics, `${path}.metrics`, 'id', problems)
    unique(metrics, `${path}.metrics`, 'name', problems)
    unique(plans, `${path}.plans`, 'id', problems)
    unique(applications, `${path}.applications`, 'id', problems)
    const parents = new Map(metrics.map(({ name, parent }) => [storageKey(name), parent]))
    metrics.forEach(({ parent }, at) => {
      if (parent == null) return
      const where = `${path}.metrics[${at}].parent`
      if (!parents.has(storageKey(parent))) problems.push({ path: where, message: `is no metric: "${parent}"` })
      else if (isCircular(parent, parents)) problems.push({ path: where, message: 'leads in a circle' })
    })
    const mustBeMetric = (metric: string, where: string) => {
      if (!parents.has(storageKey(metric))) problems.push({ path: where, message: `is no metric: "${metric}"` })
    }
    plans.forEach(({ limits = [] }, planIndex) => {
      limits.forEach(({ metric }, at) => {
        mustBeMetric(metric, `${path}.plans[${planIndex}].limits[${at}].metric`)
      })
    })
    proxy.proxy_rules?.forEach(({ metric_system_name: metric }, at) => {
      mustBeMetric(metric, `${path}.proxy.proxy_rules[${at}].metric_system_name`)
    })
    const keys = new Map<string, string>()
    applications.forEach(({ user_keys = [] }, at) => {
      user_keys.forEach((key, keyIndex) => {
        const where = `${path}.applications[${at}].user_keys[${keyIndex}]`
        const other = keys.get(storageKey(key))
        if (other) problems.push({ path: where, message: `is the same key as ${other}` })
        else keys.set(storageKey(key), where)
      })
    })
  })
}

function unique<Name extends string>(
  items: readonly { readonly [name in Name]?: string | undefined }[],
  path: string,
  name: Name,
  problems: Problem[],
): void {
  const seen = new Map<string, number>()
  items.forEach((item, index) => {
    const value = item[name]
    if (value === undefined) return
    const first = seen.get(storageKey(value))
    if (first !== undefined) {
      problems.push({ path: `${path}[${index}].${name}`, message: `is the same as that of ${path}[${first}]` })
    } else seen.set(storageKey(value), index)
  })
}

function isCircular(from: string, parents: ReadonlyMap<string, string | null | undefined>): boolean {
  let at: string | null | undefined = from
  for (let steps = 0; at != null; steps++) {
    if (steps > parents.size) return true
    at = parents.get(storageKey(at))
  }
  return false
}

/** Reads the resource of a rule of a policy: a pattern and methods. */
import type { ResourceSettings } from '../../../policies/resource.ts'
import { isRuleMethod, RULE_METHOD_PROBLEM } from '../../../validation/rule-method.ts'
import { checkPattern } from '../check-pattern.ts'
import type { DocumentPart } from '../document.ts'
import { readType } from './read-template.ts'

export function readResource(part: DocumentPart): ResourceSettings {
  const pattern = part.requiredText('resource')
  if (readType({ part, name: 'resource', typeName: 'resource_type' }) === 'liquid') {
    part.problem('resource_type', "must be 'plain': a template would see the request")
  } else if (pattern.startsWith('/')) checkPattern(part, 'resource', pattern)
  else if (pattern !== '') part.problem('resource', 'can match no request: no path begins like this')
  const methods = part.texts('methods') ?? []
  for (const [index, method] of methods.entries()) {
    if (!isRuleMethod(method)) part.problem(`methods[${index}]`, RULE_METHOD_PROBLEM)
  }
  // In APIcast a rule of jwt_claim_check without methods is for no request. It would let pass what it should refuse.
  return { pattern, methods: methods.length === 0 ? ['ANY'] : methods }
}

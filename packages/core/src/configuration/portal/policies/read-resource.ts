/** Reads the resource of a rule of a policy: a pattern and methods. */
import { patternProblem } from '../../../mapping/rule-pattern.ts'
import type { ResourceSettings } from '../../../policies/resource.ts'
import type { DocumentPart } from '../document.ts'
import { readType } from './read-template.ts'

export function readResource(part: DocumentPart): ResourceSettings {
  const pattern = part.requiredText('resource')
  if (readType({ part, name: 'resource', typeName: 'resource_type' }) === 'liquid') {
    part.problem('resource_type', "must be 'plain': a template would see the request")
  } else if (pattern !== '') {
    const problem = pattern.startsWith('/') ? patternProblem(pattern) : 'no path begins like this'
    if (problem !== undefined) part.problem('resource', `can match no request: ${problem}`)
  }
  const methods = part.texts('methods') ?? []
  // In APIcast a rule of jwt_claim_check without methods is for no request. It would let pass what it should refuse.
  return { pattern, methods: methods.length === 0 ? ['ANY'] : methods }
}

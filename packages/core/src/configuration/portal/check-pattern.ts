/** Checks the pattern of a rule, or of the resource of a policy, so that one that is none stops its own service only. */
import { MAX_PATTERN_LENGTH } from '../../mapping/compiled-rule.ts'
import { patternProblem } from '../../mapping/rule-pattern.ts'
import type { DocumentPart } from './document.ts'

export function checkPattern(part: DocumentPart, name: string, pattern: string): void {
  const problem = patternProblem(pattern)
  if (problem !== undefined) part.problem(name, `can match no request: ${problem}`)
  if (pattern.length > MAX_PATTERN_LENGTH) part.problem(name, `is longer than ${MAX_PATTERN_LENGTH} characters`)
}

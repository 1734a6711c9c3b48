/** Reads the policy jwt_claim_check. */
import type { ClaimCheckSettings, ClaimOperation, ClaimRule } from '../../../policies/claim-check.ts'
import type { DocumentPart } from '../document.ts'
import { readResource } from './read-resource.ts'
import { readClaim, readTemplate, readType } from './read-template.ts'

export function readClaimCheck(configuration: DocumentPart): ClaimCheckSettings {
  if (!configuration.has('rules')) configuration.problem('rules', 'is missing')
  const message = configuration.text('error_message') ?? 'Request blocked due to JWT claim policy'
  const seesRequest = configuration.flag('enable_extended_context') === true
  const rules = configuration.parts('rules').map((rule): ClaimRule => {
    const combine = rule.text('combine_op') ?? 'and'
    if (combine !== 'and' && combine !== 'or') rule.problem('combine_op', "must be 'and' or 'or'")
    const operations = rule.parts('operations').map((operation) => readOperation(operation, seesRequest))
    return { ...readResource(rule), combine: combine === 'or' ? 'or' : 'and', operations }
  })
  return { kind: 'jwt_claim_check', rules, message }
}

function readOperation(part: DocumentPart, seesRequest: boolean): ClaimOperation {
  const op = part.requiredText('op')
  const claim = { part, name: 'jwt_claim', typeName: 'jwt_claim_type' }
  const value = { part, name: 'value', typeName: 'value_type' }
  if (op !== '==' && op !== '!=' && op !== 'matches') {
    if (op !== '') part.problem('op', "must be '==', '!=' or 'matches'")
  } else if (op === 'matches') {
    if (readType(value) === 'liquid') part.problem('value_type', "must be 'plain' for an expression")
    else if (!isLinear(part.text('value') ?? ''))
      part.problem('value', 'is no expression that can be matched in linear time')
  }
  if (seesRequest && (readType(claim) === 'liquid' || readType(value) === 'liquid')) {
    part.problem('jwt_claim_type', "must be 'plain' with enable_extended_context: templates see nothing of the request")
  }
  // An empty value is one to compare with.
  const compared = part.text('value') === '' ? () => '' : readTemplate(value, undefined)
  return { op: op as ClaimOperation['op'], claim: readClaim(claim), value: compared }
}

/**
 * Whether RE2 can match an expression of PCRE, as far as that can be told without its library: no look-around, no reference
 * back, no atomic group. If it cannot after all, every token is refused.
 */
function isLinear(source: string): boolean {
  const [, bare = ''] = /^(?:\(\?[imsU]+\))?(.*)$/s.exec(source) ?? []
  if (/\(\?(?:[=!>|#]|<[=!])|\\[1-9gk]|[*+?}]\+/.test(bare.replace(/\\\\/g, ''))) return false
  try {
    new RegExp(bare.replaceAll('(?P<', '(?<'))
    return true
  } catch {
    return false
  }
}

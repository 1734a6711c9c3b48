/** Refuses requests for a resource by the claims of their token (APIcast policy/jwt_claim_check). */
import type { ClaimTemplate } from '../credentials/oidc/claim-template.ts'
import { loadRe2, type Pattern } from '../credentials/oidc/load-re2.ts'
import { TokenRefused } from '../credentials/oidc/token-fault.ts'
import type { Claims, Judgement } from '../credentials/oidc/token-settings.ts'
import type { Refusal } from '../decision/refusal.ts'
import type { Policy } from './policy.ts'
import { createResource, type ResourceReading, type ResourceSettings } from './resource.ts'

export interface ClaimCheckSettings {
  readonly kind: 'jwt_claim_check'
  readonly rules: readonly ClaimRule[]
  /** The body of a denial. */
  readonly message: string
}

/** Requests for the resource must satisfy the operations. */
export interface ClaimRule extends ResourceSettings {
  readonly combine: 'and' | 'or'
  readonly operations: readonly ClaimOperation[]
}

export interface ClaimOperation {
  readonly op: '==' | '!=' | 'matches'
  readonly claim: ClaimTemplate
  /** For 'matches' an expression, which says the same for all claims. */
  readonly value: ClaimTemplate
}

/** Without a token, all claims are absent. */
export function createClaimCheck({ rules, message }: ClaimCheckSettings, reading: ResourceReading): Policy {
  const checked = rules.map((rule) => ({ ...rule, isFor: createResource(rule, reading) }))
  const answer = Object.freeze({ status: 403, body: `${message}\n`, contentType: 'text/plain' })
  const refusal: Refusal = Object.freeze({ outcome: 'refuse', code: 'claims_not_allowed', answer })
  const patternOf = createPatterns()
  let withoutToken: Promise<Judgement> | undefined

  async function judge(claims: Claims): Promise<Judgement> {
    return Promise.all(checked.map((rule) => holds(rule, claims)))
  }

  async function holds({ combine, operations }: ClaimRule, claims: Claims): Promise<boolean> {
    const results = await Promise.all(operations.map((operation) => isTrue(operation, claims)))
    return combine === 'and' ? results.every(Boolean) : results.some(Boolean)
  }

  /** A comparison with what has no text, a list for example, is never true. */
  async function isTrue({ op, claim, value }: ClaimOperation, claims: Claims): Promise<boolean> {
    const left = claim(claims)
    const right = value(claims)
    if (left === undefined || right === undefined) return false
    if (op === 'matches') return (await patternOf(right)).matcher(left).find()
    return (left === right) === (op === '==')
  }

  return {
    judge,
    check(view, judgement) {
      const asked = checked.flatMap(({ isFor }, index) => (isFor(view) === 'no' ? [] : index))
      if (asked.length === 0) return undefined
      const decide = (found: Judgement) => (asked.every((index) => found[index] === true) ? undefined : refusal)
      if (judgement !== undefined) return decide(judgement)
      withoutToken ??= judge({})
      return withoutToken.then(decide, () => refusal)
    },
  }
}

/** Compiled when they are first needed, because their library is loaded then. */
function createPatterns(): (source: string) => Promise<Pattern> {
  const patterns = new Map<string, Pattern>()
  return async (source) => {
    const known = patterns.get(source)
    if (known !== undefined) return known
    try {
      const pattern = (await loadRe2()).compile(source)
      patterns.set(source, pattern)
      return pattern
    } catch {
      throw new TokenRefused('policy_unusable')
    }
  }
}

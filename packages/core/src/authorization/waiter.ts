/** A request that waits for an answer about its caller. */
import type { AllowedDecision } from '../allowed.ts'
import type { Refusal } from '../decision.ts'
import type { Question } from './authorizer.ts'

export type Decided = AllowedDecision | Refusal

export interface Waiter {
  readonly question: Question
  /** How many answers it has waited for, this one included. */
  readonly attempt: number
  resolve(decided: Decided | Promise<Decided>): void
}

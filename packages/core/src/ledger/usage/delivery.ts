/** Usage that travels to the backend together, and what is known of it. */
import type { LossReason } from '../../observe/messages.ts'

/**
 * inFlight: no outcome yet.
 * acknowledged: queued by the backend.
 * ambiguous: it may have been counted or not. It got no usable answer, or carried something that turned out to be gone.
 * over: its rows wait again, went into other deliveries, or were given up.
 */
export type DeliveryState = 'inFlight' | 'acknowledged' | 'ambiguous' | 'over'

/** What the backend does not know any more. It drops each delivery that carries it whole. */
export type Gone =
  | { readonly kind: 'application'; readonly id: string }
  | { readonly kind: 'metric'; readonly slot: number }
  /** Nobody knows whether the application exists, because its last caller was refused as unknown. */
  | { readonly kind: 'unknown' }

/** A report to the backend, which counts it whole or not at all. */
export interface Delivery {
  readonly state: DeliveryState
  /** A byte of it may have reached the backend. */
  readonly sending: boolean
  /** The backend counts it by an authrep; it is never sent. */
  readonly reserved: boolean
  /** When it was sent, acknowledged or left without an answer, by elapsed time. */
  readonly since: number
  /** Acknowledged, but not everything that it carries was proved to exist since the backend has surely counted it. */
  readonly awaitsProof: boolean
  /** An answer that should have shown whether it was counted did not. */
  undecidable: boolean
  /** An answer could not show whether it was counted, because other usage of the application was on its way. */
  hidden: boolean
  /** The application whose reports pause while this is ambiguous, so that the next answers can show what became of it. */
  witness: string | undefined
  /** An answer to a question from after its settling shows that the application exists. */
  confirm(applicationId: string): void
  /** Something that it may carry is gone. Its usage of that is given up, and all other usage becomes ambiguous. */
  doubt(gone: Gone): void
  /** Lets its rows wait again, or gives them back to the lender. `resent`: they may have been counted already. */
  takeBack(resent: boolean): void
  /** Its usage is not delivered and will not be. `counted`: it may have been counted, so the cells keep it. */
  giveUp(reason: LossReason, counted: boolean): void
}

/** Whether the backend may not have come to count a delivery by then. */
export function isUncounted({ state, since }: Delivery, settledBefore: number): boolean {
  return state === 'inFlight' || state === 'ambiguous' || (state === 'acknowledged' && since > settledBefore)
}

/** Whether the counts of an answer may lack a delivery: not counted by then, or perhaps dropped. */
export function isUnsettled(delivery: Delivery, settledBefore: number): boolean {
  return delivery.awaitsProof || isUncounted(delivery, settledBefore)
}

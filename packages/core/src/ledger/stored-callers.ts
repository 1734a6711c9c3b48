/** What the processes of a fleet tell each other about callers, through their store. */

/** What a fleet knows of a caller. */
export interface StoredCaller {
  /** Id of its application; undefined while it is denied. */
  readonly application: string | undefined
  /** 3scale's code and masked reason; undefined while it is accepted. */
  readonly denial: { readonly code: string; readonly reason: string } | undefined
  /** When 3scale was asked, by the store's time. */
  readonly askedAt: number
}

/**
 * What the processes of a fleet know of callers, so that each is asked about once. A caller is named by its
 * `identityText`, of which the store keeps only an HMAC.
 */
export interface StoredCallers {
  /**
   * What is known of a caller. While another process asks about an unknown one, waits for it.
   *
   * @returns `caller`: undefined while it is unknown. `ask`: this process has to ask 3scale, for all, and to tell the
   *   answer by `accepted` or `denied`, or by `unanswered` that there is none. Never rejects: without the store each
   *   process asks.
   */
  find(text: string): Promise<{ readonly caller: StoredCaller | undefined; readonly ask: boolean }>
  /**
   * Tells that a caller is accepted.
   *
   * @param key the application key by which it was proved, as 3scale compares it, so that `keep` can tell it; undefined:
   *   by no key. It is a credential: the store keeps only an HMAC.
   */
  accepted(
    text: string,
    caller: { readonly application: string; readonly key: string | undefined; readonly askedAt: number },
  ): void
  denied(text: string, denial: { readonly code: string; readonly reason: string; readonly askedAt: number }): void
  /** 3scale gave no answer about an unknown caller, so the others need not wait for it. */
  unanswered(text: string): void
  /**
   * Renews the callers of an application whose key an answer listed, and forgets those with other keys. Those that were
   * proved by no key stay as they are.
   */
  keep(application: string, keys: readonly string[], askedAt: number): void
}

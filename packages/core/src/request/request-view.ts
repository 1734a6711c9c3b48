/** What the rooms see of a request and of its answer: raw, lazy, without any framework. */

/**
 * One request as a framework received it. Every member is read on demand, so a request that needs no query
 * never pays for parsing one. Adapters implement it; callbacks get the adapter's own extension of it.
 */
export interface RequestView {
  readonly method: string
  /** Request target as the client sent it (before mounts and rewrites), undecoded; absolute form allowed. */
  readonly url: string
  /** Authority the framework trusts: X-Forwarded-Host only under its trust-proxy setting, :authority on HTTP/2. */
  readonly host?: string | undefined
  /** A header by its name in lower case; bytes as latin1, as Node gives them. */
  header(name: string): string | undefined
  /** A form field, only where the framework has parsed a form body. */
  formField?(name: string): string | undefined
  /**
   * Aborted when the client goes away before the answer. Read only when the backend has to be asked, so an
   * adapter creates it on first read.
   */
  readonly signal?: AbortSignal | undefined
  /** Whether the client has gone away already; asked often, so it must be cheap. Default: what `signal` says. */
  readonly aborted?: boolean | undefined
  /** Puts another request target before the handlers; only `stripCredentials` calls it. */
  setUrl?(url: string): void
  /** Takes a header (name in lower case) from what handlers see; only `stripCredentials` calls it. */
  removeHeader?(name: string): void
  /** Takes a form field from what handlers see; only `stripCredentials` calls it. */
  removeFormField?(name: string): void
}

/** The answer that a handler gave, read once it has ended. */
export interface ResponseView {
  readonly status: number
  /** False when the client went away first. */
  readonly finished: boolean
  header(name: string): string | undefined
}

/** The gateway's view of a request and its response: raw, lazy, independent of the framework. */

/**
 * One request as a framework received it. Adapters implement it, and callbacks get the adapter's own extension of it.
 * Every member is read on demand, so that nothing is parsed that the request does not need.
 */
export interface RequestView {
  readonly method: string
  /** Request target as the client sent it (before mounts and rewrites), not decoded; may have the absolute form. */
  readonly url: string
  /** The authority that the framework trusts: X-Forwarded-Host only if it trusts the proxy, :authority on HTTP/2. */
  readonly host?: string | undefined
  /**
   * The host in the URL that handlers see, where it may differ from `host`. A request that belongs to one service by `host`
   * and to another one by this is refused (law 13). Default: the same.
   */
  readonly urlHost?: string | undefined
  /** The client's address that the framework trusts: X-Forwarded-For only if it trusts the proxy. Default: unknown. */
  readonly ip?: string | undefined
  /** A header by its name in lower case; its bytes read as latin1, as Node does. */
  header(name: string): string | undefined
  /** How the framework's router and handlers read the request; undefined where that is unknown. */
  readonly routing?: Routing | undefined
  /** A form field; the method exists only if the framework has parsed a form body. */
  formField?(name: string): string | undefined
  /**
   * Aborted if the client disconnects before the answer. Read only if the backend has to be asked, so an adapter should
   * create it on first read.
   */
  readonly signal?: AbortSignal | undefined
  /** Whether the client has disconnected; read often, so it must be cheap. Default: what `signal` says. */
  readonly aborted?: boolean | undefined
  /** Changes the request target that handlers see; only `stripCredentials` calls it. */
  setUrl?(url: string): void
  /** Hides a header (name in lower case) from handlers; only `stripCredentials` calls it. */
  removeHeader?(name: string): void
  /** Hides a form field from handlers; only `stripCredentials` calls it. */
  removeFormField?(name: string): void
}

/**
 * How the router and the handlers of a framework read one request, so that it is counted as what serves it (law 13).
 * Read only for requests that can be read in several ways.
 */
export interface Routing {
  /**
   * The path of the client's target as the router compares it with the paths of routes: decoded only as far as the router
   * decodes it. Undefined: no route can match.
   */
  readonly path: string | undefined
  /** Whether routes match whatever the letter case of the path. */
  readonly ignoresCase: boolean
  /** Whether some routes may do so although `ignoresCase` is false. Default false. */
  readonly mayIgnoreCase?: boolean | undefined
  /** Whether `path` may differ from the path of a target that has only ordinary characters. Default false. */
  readonly isRewritten?: boolean | undefined
  /** Whether a wildcard of a route may be empty at the end of a path. Default false. */
  readonly hasEmptyWildcards?: boolean | undefined
  /** Whether a route also matches a path with one slash more or less at its end. */
  readonly ignoresTrailingSlash: boolean
  /** Every value of a parameter that a handler can see, in the query or in a form. */
  parameter(name: string): readonly string[]
}

/** A handler's response, read after it has ended. */
export interface ResponseView {
  readonly status: number
  /** False if the client disconnected first. */
  readonly finished: boolean
  /**
   * Bytes of the body that were handed on to the connection until then; undefined where the adapter cannot tell. With
   * `finished: false`, the client got at most these.
   */
  readonly bytesWritten?: number | undefined
  header(name: string): string | undefined
}

/** Fetches one JSON document of an identity provider or a portal: bounded in time and size, without redirects. */
import type { Dispatcher } from 'undici'
import { readRetryAfter } from '../client/answer/retry-after.ts'
import type { TransportResponse } from '../client/transport/transport.ts'
import { createUndiciTransport } from '../client/transport/undici-transport.ts'
import { VERSION } from '../client/transport/user-agent.ts'
import { isThreeScaleError, TransportError } from '../errors.ts'
import { systemCodeOf } from '../observe/failed-call.ts'
import type { Clock } from '../primitives/clock.ts'
import { isRecord } from '../validation/checks.ts'

export interface FetchSettings {
  /** Carries the calls; undefined: a connection of its own for each. */
  readonly dispatcher: Dispatcher | undefined
  readonly clock: Clock
  /** One exchange, connecting included, in milliseconds. */
  readonly timeoutMs: number
  /** A longer document is none. */
  readonly maxBytes: number
  /** Value of the header of this name. Default none. */
  readonly authorization?: string | undefined
  /** Ends the calls that are under way. */
  readonly ending?: AbortSignal | undefined
}

export interface FetchedDocument {
  readonly url: string
  readonly document: Readonly<Record<string, unknown>>
  readonly etag: string | undefined
  /** How long it is fresh, in milliseconds; undefined if the server does not say. */
  readonly maxAgeMs: number | undefined
}

/** Why a document could not be had, in one word; for the operator. */
export class FetchFailed extends Error {
  readonly code: string
  /** The wait that the server asks for, in milliseconds. */
  readonly retryAfterMs: number | undefined

  constructor(code: string, retryAfterMs?: number) {
    super(code)
    this.code = code
    this.retryAfterMs = retryAfterMs
  }
}

/** @param known the same document as fetched before, which the server may confirm. Rejects with a FetchFailed. */
export type FetchJson = (url: string, known: FetchedDocument | undefined) => Promise<FetchedDocument>

export function createFetchJson(settings: FetchSettings): FetchJson {
  const { clock, maxBytes } = settings
  return async (url, known) => {
    const etag = known?.url === url ? known.etag : undefined
    const response = await get(new URL(url), etag, settings)
    const facts = { url, etag: header(response, 'etag'), maxAgeMs: maxAgeOf(header(response, 'cache-control')) }
    if (response.status === 304 && etag !== undefined) return { ...known!, ...facts, etag }
    if (response.status >= 300 && response.status < 400) throw new FetchFailed('redirect')
    if (response.status !== 200) {
      throw new FetchFailed(`status_${response.status}`, readRetryAfter(header(response, 'retry-after'), clock.now()))
    }
    if (response.body.length > maxBytes) throw new FetchFailed('too_large')
    if (response.failure !== undefined) throw new FetchFailed(codeOf(response.failure))
    return { ...facts, document: jsonObject(response.body) }
  }
}

/** A connection for each: documents are fetched every few minutes, and the name may have moved meanwhile. */
async function get(
  { origin, pathname, search }: URL,
  etag: string | undefined,
  { dispatcher, clock, timeoutMs, maxBytes, authorization, ending }: FetchSettings,
): Promise<TransportResponse> {
  const transport = createUndiciTransport({
    origin,
    dispatcher,
    maxConnections: 1,
    connectionTtlMs: timeoutMs,
    timeoutMs,
    clock,
  })
  const headers = ['accept', 'application/json', 'user-agent', `threescale-node/${VERSION}`]
  if (authorization !== undefined) headers.push('authorization', authorization)
  if (etag !== undefined) headers.push('if-none-match', etag)
  try {
    return await transport.request({
      method: 'GET',
      path: pathname + search,
      headers,
      body: undefined,
      timeoutMs,
      signal: ending,
      line: [''],
      maxBodyBytes: maxBytes,
      whenSent: 'abort',
    })
  } catch (error) {
    throw new FetchFailed(codeOf(error))
  } finally {
    await transport.close?.()
  }
}

/** For a connection, why there was none or why it broke: that alone tells what to look at. */
function codeOf(error: unknown): string {
  if (error instanceof TransportError) return systemCodeOf(error)
  return isThreeScaleError(error) ? error.code : 'failed'
}

/**
 * The object that a body holds. The type is not looked at: some servers send text/plain, and a page of HTML is no JSON.
 *
 * @throws FetchFailed `not_json` for anything else.
 */
export function jsonObject(body: Uint8Array): Readonly<Record<string, unknown>> {
  let document: unknown
  try {
    document = JSON.parse(Buffer.from(body).toString('utf8'))
  } catch {
    throw new FetchFailed('not_json')
  }
  if (!isRecord(document)) throw new FetchFailed('not_json')
  return document
}

function header({ headers }: TransportResponse, name: string): string | undefined {
  const value = headers[name]
  return typeof value === 'string' ? value : undefined
}

/** `no-cache` and `max-age=0` ask to look again at every use, which is left out: keys are looked at every few minutes. */
function maxAgeOf(cacheControl: string | undefined): number | undefined {
  const seconds = Number(/(?:^|[\s,])max-age="?(\d{1,9})/i.exec(cacheControl ?? '')?.[1] ?? 0)
  return seconds > 0 ? seconds * 1000 : undefined
}

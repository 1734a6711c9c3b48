/** How a denial becomes a Response. */
import type { Denied } from '@threescale/core'
import { DenialError } from '@threescale/core/adapter'

/** The denial as the gateway answers it. */
export function answerOf(denied: Denied): Response {
  const { status, headers } = denied
  if (denied.body === '') return new Response(null, { status, headers })
  const body = Buffer.from(denied.body)
  return new Response(body, { status, headers: { ...headers, 'content-length': String(body.length) } })
}

/** What `onDeny: 'throw'` throws: Hono's own error handling takes its answer from `getResponse`. */
export class WebDenialError extends DenialError {
  /** Status and fields of the denial, with its reason where callers may see it. */
  getResponse(): Response {
    return new Response(this.expose ? this.message : null, { status: this.status, headers: this.headers })
  }
}

/** How Express sends what the gateway decided. */
import type { Denied } from '@threescale/core'
import { DenialError, endUpload, isPromise } from '@threescale/core/adapter'
import type { NextFunction, Request, Response } from 'express'

/**
 * What happens to a denied request. 'answer' sends status, headers and body of the denial.
 * 'throw' hands a `DenialError` to Express's error handling. A function does what it likes. Default 'answer'.
 */
export type OnDeny =
  | 'answer'
  | 'throw'
  | ((denied: Denied, request: Request, response: Response, next: NextFunction) => unknown)

export function deny(
  onDeny: OnDeny,
  denied: Denied,
  request: Request,
  response: Response,
  next: NextFunction,
): unknown {
  endUpload(request, response)
  // Express's own handler breaks off an answer that has begun.
  if (onDeny === 'throw' || response.headersSent) return next(new DenialError(denied))
  if (onDeny === 'answer') return answer(denied, request, response)
  try {
    const pending = onDeny(denied, request, response, next)
    // Express 4 would leave a rejection unhandled.
    if (isPromise(pending)) pending.then(undefined, next)
  } catch (error) {
    next(error)
  }
}

function answer(denied: Denied, request: Request, response: Response): void {
  const body = Buffer.from(denied.body)
  response.statusCode = denied.status
  addHeaders(response, denied.headers)
  // Node adds it for an empty body, where the status allows one.
  if (body.length > 0) response.setHeader('content-length', body.length)
  // Not response.send: it would change the charset and add an ETag.
  response.end(request.method === 'HEAD' ? undefined : body)
}

export function addHeaders(response: Response, headers: Readonly<Record<string, string>>): void {
  for (const name in headers) response.setHeader(name, headers[name] as string)
}

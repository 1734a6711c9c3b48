/** How Fastify sends what the gateway decided. */
import type { Denied } from '@threescale/core'
import { DenialError, endUpload, isPromise } from '@threescale/core/adapter'
import type { FastifyReply, FastifyRequest } from 'fastify'

/**
 * What happens to a denied request. 'answer' sends status, headers and body of the denial. 'throw' hands a
 * `DenialError` to Fastify's error handling. A function does what it likes and has to reply. Default 'answer'.
 */
export type OnDeny = 'answer' | 'throw' | ((denied: Denied, request: FastifyRequest, reply: FastifyReply) => unknown)

export function deny(onDeny: OnDeny, denied: Denied, request: FastifyRequest, reply: FastifyReply): void {
  endUpload(request.raw, reply.raw)
  if (onDeny === 'throw') {
    reply.send(new DenialError(denied))
  } else if (onDeny === 'answer') {
    // As bytes, so that Fastify leaves the media type alone.
    reply.code(denied.status).headers(denied.headers).send(Buffer.from(denied.body))
  } else {
    try {
      const pending = onDeny(denied, request, reply)
      // A reply that is returned is a thenable, too, and calls the first function of `then` without looking.
      if (isPromise(pending)) Promise.resolve(pending).catch((error) => reply.send(error))
    } catch (error) {
      reply.send(error)
    }
  }
}

/** Sends requests without a socket, so that also targets arrive that a parser of HTTP/1 may refuse. */
import inject from 'light-my-request'
import type { Caller, Dispatch } from './caller.ts'
import { SERVED_FIELD } from './site.ts'

export function injector(dispatch: Dispatch): Caller {
  return {
    async ask({ method, target, headers, body }) {
      const answer = await inject(
        (request, response) => {
          // Set here, because an injected request normalizes them.
          request.url = target
          request.method = method
          dispatch(request, response)
        },
        { method: 'POST', url: '/', headers, ...(body === '' ? {} : { payload: body }) },
      )
      return answer.headers[SERVED_FIELD] as string | undefined
    },
    async close() {},
  }
}

/** Decides whether the fields of a request's body count as parameters; parses nothing. */
import type { RequestView } from './request-view.ts'

const FORM_METHODS: ReadonlySet<string> = new Set(['POST', 'PUT', 'PATCH'])

/**
 * Whether the request carries a form that the framework has parsed. Only POST, PUT and PATCH with
 * `application/x-www-form-urlencoded` do; other parsed bodies do not count (APIcast, get_post_args).
 */
export function carriesForm(view: RequestView): view is RequestView & Required<Pick<RequestView, 'formField'>> {
  return (
    view.formField !== undefined &&
    FORM_METHODS.has(view.method) &&
    /application\/x-www-form-urlencoded/i.test(view.header('content-type') ?? '')
  )
}

/** Requests as views, for tests of the rooms; what `strip` takes away is gone from them. */
import type { RequestView, Routing } from '../src/request/request-view.ts'

export interface RequestParts {
  readonly method?: string
  readonly url?: string
  readonly headers?: Readonly<Record<string, string>>
  /** An urlencoded body, as a framework has parsed it. */
  readonly form?: string | undefined
  /** How a router reads the request; `{}` as Express does, which decodes nothing. Default: as no router says. */
  readonly router?:
    | Partial<Pick<Routing, 'path' | 'ignoresCase' | 'mayIgnoreCase' | 'ignoresTrailingSlash'>>
    | undefined
}

export type TestView = RequestView & { readonly url: string; readonly headers: Readonly<Record<string, string>> }

export function viewOf({ method = 'GET', url = '/', headers = {}, form, router }: RequestParts): TestView {
  const left = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))
  const fields = form === undefined ? undefined : new URLSearchParams(form)
  const query = new URLSearchParams(url.split('?').slice(1).join('?'))
  const routing: Routing | undefined = router && {
    path: url.split(/[?#]/, 1)[0],
    ignoresCase: false,
    ignoresTrailingSlash: false,
    ...router,
    parameter: (name) => [...query.getAll(name), ...(fields?.getAll(name) ?? [])],
  }
  const view = {
    method,
    routing,
    url,
    headers: left,
    header: (name: string) => left[name],
    setUrl(next: string) {
      view.url = next
    },
    removeHeader(name: string) {
      delete left[name]
    },
    ...(fields === undefined
      ? {}
      : {
          formField: (name: string) => fields.get(name) ?? undefined,
          removeFormField: (name: string) => fields.delete(name),
        }),
  }
  return view
}

/** The ways in which a request may be read where its view does not say how: those of the routers that we know. */
import { carriesForm } from '../request/form-body.ts'
import type { RequestView, Routing } from '../request/request-view.ts'
import { pathOf, queryOf } from './request-target.ts'

/** They agree about parameters: every value in the query and in a form. */
export function assumedRoutings(view: RequestView): [Routing, ...Routing[]] {
  const { url } = view
  const path = writtenPath(url)
  const read = (as: string | undefined): Routing => ({
    path: as,
    ignoresCase: false,
    ignoresTrailingSlash: true,
    hasEmptyWildcards: true,
    parameter(name) {
      const field = carriesForm(view) ? view.formField(name) : undefined
      return [...new URLSearchParams(queryOf(url)).getAll(name), ...(field === undefined ? [] : [field])]
    },
  })
  return [read(path), read(decoded(path)), read(parsed(path))]
}

/** Not every router knows that a fragment begins with `#`. */
function writtenPath(url: string): string | undefined {
  return pathOf(url.replaceAll('#', '%23'))?.replaceAll('%23', '#')
}

function decoded(path: string | undefined): string | undefined {
  try {
    return path && decodeURIComponent(path)
  } catch {
    return path
  }
}

function parsed(path: string | undefined): string | undefined {
  // Two slashes at the start would begin an authority.
  return path && new URL(`http://localhost${path.replaceAll('#', '%23')}`).pathname
}

/** A request to a backend that stands alone, as the product sees it: below the mount path of the backend. */
import type { RequestView, Routing } from '../request/request-view.ts'
import { canonicalPath } from './canonical-path.ts'
import { pathOf } from './request-target.ts'

/** What the matching of rules reads of a request. */
export function mountedView(view: RequestView, mount: string): RequestView {
  return view.formField === undefined ? new MountedView(view, mount) : new MountedFormView(view, mount)
}

class MountedView implements RequestView {
  readonly #view: RequestView
  readonly #mount: string
  readonly url: string

  constructor(view: RequestView, mount: string) {
    this.#view = view
    this.#mount = mount
    this.url = mountedTarget(view.url, mount)
  }

  get method(): string {
    return this.#view.method
  }

  header(name: string): string | undefined {
    return this.#view.header(name)
  }

  get routing(): Routing | undefined {
    const { routing } = this.#view
    return routing && new MountedRouting(routing, this.#mount)
  }
}

class MountedFormView extends MountedView {
  readonly #form: RequestView

  constructor(view: RequestView, mount: string) {
    super(view, mount)
    this.#form = view
  }

  formField(name: string): string | undefined {
    return this.#form.formField?.(name)
  }
}

class MountedRouting implements Routing {
  readonly #routing: Routing
  readonly #mount: string

  constructor(routing: Routing, mount: string) {
    this.#routing = routing
    this.#mount = mount
  }

  get path(): string | undefined {
    const { path } = this.#routing
    return path && this.#mount + path
  }

  get ignoresCase(): boolean {
    return this.#routing.ignoresCase
  }

  get mayIgnoreCase(): boolean | undefined {
    return this.#routing.mayIgnoreCase
  }

  get isRewritten(): boolean | undefined {
    return this.#routing.isRewritten
  }

  get hasEmptyWildcards(): boolean | undefined {
    return this.#routing.hasEmptyWildcards
  }

  get ignoresTrailingSlash(): boolean {
    return this.#routing.ignoresTrailingSlash
  }

  parameter(name: string): readonly string[] {
    return this.#routing.parameter(name)
  }
}

function mountedTarget(url: string, mount: string): string {
  const path = pathOf(url)
  // Dots that climb above the root must not be resolved below the mount path.
  if (path === undefined || (/\.|%2e/i.test(path) && canonicalPath(path) === undefined)) return url
  const [origin] = /^(?:[A-Za-z][A-Za-z0-9+.-]*:\/\/[^/?#]*)?/.exec(url)!
  const rest = url.slice(origin.length)
  return `${origin}${mount}${rest.startsWith('/') ? '' : '/'}${rest}`
}

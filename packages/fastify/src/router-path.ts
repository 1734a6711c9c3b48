/** The path of a target as find-my-way, Fastify's router, compares it with the paths of routes. */
import type { FastifyInstance } from 'fastify'

/** How an app's router reads paths. */
export interface RouterOptions {
  readonly caseSensitive: boolean
  readonly ignoreTrailingSlash: boolean
  readonly ignoreDuplicateSlashes: boolean
  readonly useSemicolonDelimiter: boolean
}

export function routerOptionsOf(app: FastifyInstance): RouterOptions {
  const { initialConfig } = app
  // Fastify 5 takes them in both places.
  const given: Partial<RouterOptions> = {
    ...initialConfig,
    ...(initialConfig as { readonly routerOptions?: Partial<RouterOptions> }).routerOptions,
  }
  return {
    caseSensitive: given.caseSensitive ?? true,
    ignoreTrailingSlash: given.ignoreTrailingSlash ?? false,
    ignoreDuplicateSlashes: given.ignoreDuplicateSlashes ?? false,
    useSemicolonDelimiter: given.useSemicolonDelimiter ?? false,
  }
}

/**
 * Undefined for a target that the router refuses. Reserved characters stay escaped, as the router leaves them, and a slash
 * at the end stays, whether the router ignores it or not.
 */
export function routerPath(target: string, options: RouterOptions): string | undefined {
  const origin = target.startsWith('/')
    ? target
    : target.replace(/^https?:\/\/[^/?#]*(?=([/?#]?))/i, (_, next) => (next === '/' ? '' : '/'))
  if (!origin.startsWith('/')) return undefined
  const end = origin.slice(1).search(options.useSemicolonDelimiter ? /[?#;]/ : /[?#]/)
  let path = end === -1 ? origin : origin.slice(0, end + 1)
  try {
    // An escaped percent sign stays one; decodeURI leaves the other reserved characters escaped.
    path = decodeURI(path.replaceAll('%25', '%2525'))
  } catch {
    return undefined
  }
  return options.ignoreDuplicateSlashes ? path.replace(/\/{2,}/g, '/') : path
}

/**
 * The path with a letter for each parameter that is empty, or only slashes. No wildcard of a rule is, so the letter shows
 * which rules are for that route. Undefined where the parameters cannot be found in the path.
 *
 * @param route the path of the route that matches, as it was declared.
 */
export function filledPath(path: string, route: string): string | undefined {
  const known = route.startsWith('*') ? `/${route}` : route
  // What a parameter must look like says nothing about where it is.
  const pattern = known
    .replace(/(:\w+)\((?:[^()]|\([^()]*\))*\)/g, '$1')
    .replace(/::|:[^/(\-.]+|\*|[\\^$.+?()[\]{}|]/g, (part) => {
      if (part === '::') return ':'
      if (part === '*') return '(.*)'
      return part.startsWith(':') ? '([^/]*?)' : `\\${part}`
    })
  // Behind it may be slashes that the router ignores, or that of a scope's root.
  const places = new RegExp(`^${pattern}/*$`, 'dis').exec(path)?.indices
  let filled = path
  for (const place of places?.slice(1).reverse() ?? []) {
    const [from, to] = place!
    if (/^\/*$/.test(path.slice(from, to))) filled = `${filled.slice(0, from)}x${filled.slice(to)}`
  }
  return places === undefined ? undefined : filled
}

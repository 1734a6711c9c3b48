/** Which module may import which: the tiers of the packages as rules over import specifiers. */
import { builtinModules } from 'node:module'
import { posix } from 'node:path'
import { TIERS } from './tiers.ts'

/** What each package may import besides its own files and Node's modules. */
const PACKAGES: Readonly<Record<string, readonly string[]>> = {
  core: ['undici', 'fast-xml-parser', 'lru-cache', 'jose', 're2js'],
  express: ['@threescale/core', 'express'],
  fastify: ['@threescale/core', 'fastify', 'fastify-plugin'],
  koa: ['@threescale/core', 'koa'],
  web: ['@threescale/core', 'hono'],
  journal: ['@threescale/core'],
  redis: ['@threescale/core'],
  opentelemetry: ['@threescale/core', '@opentelemetry/api'],
  emulator: [],
}

/** Modules that can open a connection. */
const NETWORK = /^node:(?:http|https|http2|net|tls|dgram)$/
/** Where core may open connections. */
const CONNECTING = /^packages\/core\/src\/(?:client\/transport|configuration\/portal)\//

export interface Import {
  readonly specifier: string
  /** `import type` or `export type`: gone after compiling. */
  readonly typeOnly: boolean
  /** What stands between `import` and `from`. */
  readonly clause: string
}

/** The imports of a source text: static, re-exported, dynamic, required. Examples in docstrings do not count. */
export function importsOf(source: string): Import[] {
  // No clause contains a slash; a comment does, and it may have `from` before a quotation mark.
  const statics = source.matchAll(/^(?:import|export)\s+(type\s)?(?:([^'";/]*?)\sfrom\s*)?['"]([^'"]+)['"]/gm)
  const dynamics = source.matchAll(/^(?!\s*(?:\*|\/\/)).*?\b(?:import|require)\(\s*['"]([^'"]+)['"]/gm)
  return [
    ...[...statics].map(([, type, clause = '', specifier]) => ({
      specifier: specifier!,
      typeOnly: type !== undefined,
      clause: clause.trim(),
    })),
    ...[...dynamics].map(([, specifier]) => ({ specifier: specifier!, typeOnly: false, clause: '' })),
  ]
}

/** The files of the same package that a file imports, types included, as paths from the repository root. */
export function filesImportedBy(file: string, source: string): string[] {
  return importsOf(source)
    .filter(({ specifier }) => specifier.startsWith('.'))
    .map(({ specifier }) => posix.join(posix.dirname(file), specifier))
}

/**
 * Every import of a file that the rules forbid, one sentence each.
 *
 * @param file path from the repository root, `packages/core/src/mapping/rule.ts`.
 */
export function violations(file: string, source: string): string[] {
  const packageName = file.split('/')[1]!
  const wrong: string[] = []
  const say = (specifier: string, why: string) => wrong.push(`${file} imports ${specifier}: ${why}`)
  const mayConnect = packageName !== 'core' || CONNECTING.test(file)

  for (const { specifier, typeOnly, clause } of importsOf(source)) {
    if (specifier.startsWith('.')) {
      const why = forbiddenFile(packageName, file, posix.join(posix.dirname(file), specifier))
      if (why !== undefined) say(specifier, why)
    } else if (specifier.startsWith('node:')) {
      if (!mayConnect && !typeOnly && NETWORK.test(specifier)) say(specifier, CONNECTIONS)
      if (packageName !== 'emulator' && !typeOnly && specifier === 'node:http') say(specifier, SLOW)
    } else if (builtinModules.includes(specifier)) {
      say(specifier, 'write node: before it')
    } else {
      const name = specifier
        .split('/')
        .slice(0, specifier.startsWith('@') ? 2 : 1)
        .join('/')
      if (!(PACKAGES[packageName] ?? []).includes(name)) say(specifier, `no dependency of ${packageName}`)
      // An import of types is gone after compiling, and `typeof import(…)` too.
      if (name === 'jose' && !typeOnly && clause !== '') say(specifier, 'loaded only when keys are read')
      if (name === 're2js' && !typeOnly && clause !== '') say(specifier, 'loaded only for expressions')
      if (name === 'undici' && !mayConnect && !typeOnly) say(specifier, CONNECTIONS)
    }
  }
  if (!mayConnect && /(?<![.\w])fetch\(/.test(source)) wrong.push(`${file} calls fetch: ${CONNECTIONS}`)
  return wrong
}

const CONNECTIONS = 'only client/transport and configuration/portal open connections'
const SLOW = 'nodeHttp of core does not load the undici inside of Node'

function forbiddenFile(packageName: string, file: string, target: string): string | undefined {
  const root = `packages/${packageName}/src/`
  if (!target.startsWith(root)) return 'outside of its own package'
  const own = topOf(file.slice(root.length))
  const other = topOf(target.slice(root.length))
  if (own === other) return undefined
  const tiers = TIERS[packageName] ?? {}
  const [from, to] = [tiers[own], tiers[other]]
  if (from === undefined || to === undefined) return `no tier is given for ${from === undefined ? own : other}`
  if (to < from) return undefined
  return to === from ? `${other} is on the same tier` : `${other} is on a higher tier`
}

/** The top-level folder of a path below `src`, or the file itself where it lies there. */
function topOf(path: string): string {
  return path.split('/')[0]!
}

/** Which module may import which: the floor plan of the packages as rules over import specifiers. */
import { builtinModules } from 'node:module'
import { posix } from 'node:path'

export const ROOMS = ['credentials', 'mapping', 'authorization', 'reporting', 'rejection', 'portal']
export const FLOOR = ['ledger', 'client', 'options', 'observe']

/** What each package may import besides its own files and Node's modules. */
const PACKAGES: Readonly<Record<string, readonly string[]>> = {
  core: ['undici', 'fast-xml-parser', 'lru-cache'],
  express: ['@threescale/core', 'express'],
  fastify: ['@threescale/core', 'fastify', 'fastify-plugin'],
  koa: ['@threescale/core', 'koa'],
  emulator: [],
}

/** Modules that can open a connection. */
const NETWORK = /^node:(?:http|https|http2|net|tls|dgram)$/

interface Import {
  readonly specifier: string
  /** `import type` or `export type`: gone after compiling. */
  readonly typeOnly: boolean
  /** What stands between `import` and `from`. */
  readonly clause: string
}

/** The imports of a source text: static, re-exported, dynamic, required. Examples in docstrings do not count. */
export function importsOf(source: string): Import[] {
  const statics = source.matchAll(/^(?:import|export)\s+(type\s)?(?:([^'";]*?)\sfrom\s*)?['"]([^'"]+)['"]/gm)
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

/**
 * Every import of a file that the floor plan forbids, one sentence each.
 *
 * @param file path from the repository root, `packages/core/src/mapping/rule.ts`.
 */
export function violations(file: string, source: string): string[] {
  const [, packageName, ...inside] = file.replace(/\/src\//, '/').split('/')
  const folder = inside.length > 1 ? inside[0] : undefined
  const imports = importsOf(source)
  const wrong: string[] = []
  const say = (specifier: string, why: string) => wrong.push(`${file} imports ${specifier}: ${why}`)

  for (const { specifier, typeOnly, clause } of imports) {
    if (specifier.startsWith('.')) {
      const target = posix.join(posix.dirname(file), specifier)
      if (!target.startsWith(`packages/${packageName}/src/`)) say(specifier, 'outside of its own package')
      else if (packageName === 'core') {
        const why = forbiddenInCore(folder, inside.at(-1)!, target.slice('packages/core/src/'.length))
        if (why !== undefined) say(specifier, why)
      }
    } else if (specifier.startsWith('node:')) {
      const talks = packageName === 'core' && folder !== 'client' && folder !== 'portal'
      // The phrases of status codes are only a table.
      if (talks && !typeOnly && NETWORK.test(specifier) && clause !== '{ STATUS_CODES }')
        say(specifier, 'only client and portal open connections')
    } else if (builtinModules.includes(specifier)) {
      say(specifier, 'write node: before it')
    } else {
      const name = specifier
        .split('/')
        .slice(0, specifier.startsWith('@') ? 2 : 1)
        .join('/')
      if (!(PACKAGES[packageName!] ?? []).includes(name)) say(specifier, `no dependency of ${packageName}`)
      const talks = packageName === 'core' && folder !== 'client' && folder !== 'portal'
      if (name === 'undici' && talks && !typeOnly) say(specifier, 'only client and portal open connections')
    }
  }
  if (packageName === 'core' && folder !== 'client' && folder !== 'portal' && /(?<![.\w])fetch\(/.test(source)) {
    wrong.push(`${file} calls fetch: only client and portal open connections`)
  }
  return wrong
}

function forbiddenInCore(folder: string | undefined, name: string, target: string): string | undefined {
  if (folder === undefined && name === 'index.ts') return undefined
  const [targetFolder, ...rest] = target.split('/')
  if (rest.length === 0) return target === 'index.ts' ? 'index.ts is for users of the package' : undefined
  if (targetFolder === folder || FLOOR.includes(targetFolder!)) return undefined
  if (folder === 'gateway') return undefined
  return ROOMS.includes(folder!) ? 'a room imports only from the floor' : 'the floor imports only from the floor'
}

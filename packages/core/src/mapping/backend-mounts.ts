/**
 * Which backend of a product a path belongs to, as rules: the backends of a product are mounted at paths, and a request
 * counts under the rules of the product and of its own backend only (APIcast policy/routing).
 */
import { canonicalText } from './canonical-path.ts'
import type { CompiledRule } from './compiled-rule.ts'

export interface Mount {
  /** The id of the backend; undefined for one that has no rules of its own. */
  readonly backend: string | undefined
  /** `/`, or a path that begins with a slash and does not end with one. It ends at a slash, or where the path ends. */
  readonly path: string
}

export interface BackendMounts {
  /** In the order in which they are tried. */
  readonly mounts: readonly Mount[]
  /** What counts for a path that no mount has: nothing, the rules of the product, or those of all its backends too. */
  readonly elsewhere: 'nothing' | 'product' | 'everything'
}

/** Rules that match the paths of a mount. They count for nothing. */
export interface MountRules {
  readonly rules: readonly CompiledRule[]
  /** Of rules in the order of the list: those that count, and one more that stands for the mount. */
  counting(ordered: readonly CompiledRule[], members: readonly CompiledRule[]): readonly CompiledRule[]
}

/** @param from the index of the first rule that is created. */
export function createMountRules({ mounts, elsewhere }: BackendMounts, from: number): MountRules {
  const mountOf = new Map<CompiledRule, { readonly backend: string | undefined; readonly marker: CompiledRule }>()
  for (const { backend, path } of mounts) {
    const marker = mountRule(path === '/' ? path : `${path}/`, false, from + mountOf.size)
    mountOf.set(marker, { backend, marker })
    if (path !== '/') mountOf.set(mountRule(path, true, from + mountOf.size), { backend, marker })
  }
  return {
    rules: [...mountOf.keys()],
    counting(ordered, members) {
      const [first] = members.filter((rule) => mountOf.has(rule)).toSorted((one, other) => one.index - other.index)
      const mount = first && mountOf.get(first)
      if (mount === undefined) {
        if (elsewhere === 'everything') return ordered
        return elsewhere === 'nothing' ? [] : ordered.filter((rule) => rule.backend === undefined)
      }
      const counted = ordered.filter((rule) => rule.backend === undefined || rule.backend === mount.backend)
      return counted.length === 0 ? counted : [...counted, mount.marker]
    },
  }
}

function mountRule(path: string, anchored: boolean, index: number): CompiledRule {
  const rule = {
    index,
    method: 'ANY',
    texts: [canonicalText(path)],
    anchored,
    conditions: [],
    metric: 'hits',
    delta: 0,
  }
  const alone: CompiledRule[] = []
  const compiled: CompiledRule = { ...rule, last: false, backend: undefined, alone, title: path }
  alone.push(compiled)
  return compiled
}

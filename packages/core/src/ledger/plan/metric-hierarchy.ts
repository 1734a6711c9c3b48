/**
 * What is known of a service's metric tree. The backend lists only the direct children of limited metrics, so an
 * ancestor of a metric can stay hidden. Tells which metrics could be hidden ancestors, and remembers what questions
 * showed.
 */

import { HOUR_MS } from '../../domain/period.ts'
import { storageKey } from '../../domain/storage-key.ts'

/** How long a list is believed that no answer repeats, and how long a "not below" that a question showed. */
export const HIERARCHY_TTL_MS = 3_600_000

// Trees made in the portal have two levels, those made by the internal API a few; a deeper tree is damaged.
const MAX_DEPTH = 32

/** The metrics' parents as the options declare them. */
export type DeclaredMetrics = Readonly<Record<string, { readonly parent?: string | undefined }>>

interface ChildList {
  readonly children: readonly string[]
  at: number
}

/** Whether a metric is below a limited one, as a question has shown: as processes tell each other. */
export interface FoundAncestor {
  readonly metric: string
  readonly above: string
  readonly below: boolean
  /** In hours since the epoch, rounded up; 0 for what holds until a list says otherwise. */
  readonly hour: number
}

/** What a question showed about a metric and a possible ancestor. */
interface Finding {
  readonly below: boolean
  readonly at: number
  /**
   * - 'question': of this process.
   * - 'told': a question of another process.
   * - 'lists': lists of another process. This process's own lists decide once it has them.
   */
  readonly by: 'question' | 'told' | 'lists'
}

export class MetricHierarchy {
  readonly #lists = new Map<string, ChildList>()
  readonly #parents = new Map<string, string>()
  readonly #declared: ReadonlySet<string>
  /** Names of metrics that hold blanks, or a `+` that may be one. */
  readonly #blankNames = new Set<string>()
  readonly #findings = new Map<string, Map<string, Finding>>()
  /** Metrics whose list was believed once. */
  readonly #forgottenLists = new Set<string>()
  /** Counts how often something was learned. */
  changes = 0

  constructor(declared: DeclaredMetrics = {}) {
    this.#declared = new Set(Object.keys(declared).map(storageKey))
    for (const [metric, { parent }] of Object.entries(declared)) {
      if (parent !== undefined) this.#parents.set(storageKey(metric), storageKey(parent))
      this.meet(metric)
    }
  }

  /**
   * Learns the lists of an answer. They override what questions showed and what was declared before.
   *
   * @returns true when something changed.
   */
  learn(lists: ReadonlyMap<string, readonly string[]>, at: number): boolean {
    let changed = false
    for (const [name, names] of lists) {
      const metric = storageKey(name)
      const children = names.map(storageKey)
      if (this.#isAmbiguous(children)) {
        changed = this.#forgetList(metric) || changed
        continue
      }
      const before = this.#lists.get(metric)
      if (before !== undefined && sameMembers(before.children, children)) {
        if (at - before.at > HIERARCHY_TTL_MS) changed = true
        before.at = Math.max(before.at, at)
        continue
      }
      changed = true
      // The first list contradicts no question of another process: that one had lists, and asked what they do not tell.
      const keepsTold = before === undefined && !this.#forgottenLists.delete(metric)
      const drop = (pairs: Map<string, Finding>, above: string) => {
        if (!keepsTold || pairs.get(above)?.by !== 'told') pairs.delete(above)
      }
      this.#lists.set(metric, { children, at })
      for (const [child, parent] of this.#parents) if (parent === metric) this.#parents.delete(child)
      for (const pairs of this.#findings.values()) drop(pairs, metric)
      for (const child of children) {
        this.#parents.set(child, metric)
        const pairs = this.#findings.get(child)
        if (pairs === undefined) continue
        for (const above of [...pairs.keys()]) drop(pairs, above)
        if (pairs.size === 0) this.#findings.delete(child)
      }
    }
    if (changed) this.changes += 1
    return changed
  }

  /**
   * Notes that a metric exists. If blanks in its name make a list ambiguous, as `a b` could be two children, the list
   * is not believed: questions then show what is below its metric.
   */
  meet(name: string): void {
    const stored = storageKey(name)
    if (!stored.includes('+') || this.#blankNames.has(stored)) return
    this.#blankNames.add(stored)
    for (const [metric, { children }] of this.#lists) if (this.#isAmbiguous(children)) this.#forgetList(metric)
  }

  /** Whether several children in a row could be one metric that is known to exist. */
  #isAmbiguous(children: readonly string[]): boolean {
    if (this.#blankNames.size === 0 || children.length < 2) return false
    const text = `+${children.join('+')}+`
    for (const name of this.#blankNames) if (!children.includes(name) && text.includes(`+${name}+`)) return true
    return false
  }

  /** @returns whether there was a list. */
  #forgetList(metric: string): boolean {
    this.changes += 1
    for (const [child, parent] of this.#parents) if (parent === metric) this.#parents.delete(child)
    this.#forgottenLists.add(metric)
    return this.#lists.delete(metric)
  }

  /** Whether any answer has listed children; direct authorization does not ask for them. */
  get hasLists(): boolean {
    return this.#lists.size > 0
  }

  /** All known ancestors, nearest first, by the names under which the backend stores them. */
  ancestorsOf(name: string): ReadonlySet<string> {
    const metric = storageKey(name)
    const found = new Set<string>()
    let frontier = [metric]
    for (let depth = 0; depth < MAX_DEPTH && frontier.length > 0; depth++) {
      const next: string[] = []
      for (const below of frontier) {
        const parent = this.#parents.get(below)
        if (parent !== undefined && !found.has(parent)) next.push(parent)
        for (const [ancestor, finding] of this.#findings.get(below) ?? []) {
          if (finding.below && !found.has(ancestor)) next.push(ancestor)
        }
      }
      for (const ancestor of next) found.add(ancestor)
      frontier = next
    }
    found.delete(metric)
    return found
  }

  /** Whether the first metric is known to be below the second. */
  isBelow(metric: string, ancestor: string): boolean {
    return this.ancestorsOf(metric).has(storageKey(ancestor))
  }

  /** All metrics that are known to be below the first one, by the names under which the backend stores them. */
  allBelow(ancestor: string): string[] {
    const stored = storageKey(ancestor)
    const met = new Set([...this.#parents.keys(), ...this.#findings.keys()])
    return [...met].filter((metric) => metric !== stored && this.ancestorsOf(metric).has(stored))
  }

  /** What questions found out about a metric and limited ones, and what still holds, by stored names. */
  found(metric: string, limited: readonly string[], now: number): FoundAncestor[] {
    return limited.flatMap((above) => {
      const finding = this.#findings.get(metric)?.get(above)
      if (finding === undefined || finding.by === 'lists') return []
      const { below, at } = finding
      if (!below && now - at >= HIERARCHY_TTL_MS) return []
      return [{ metric, above, below, hour: below ? 0 : Math.ceil(at / HOUR_MS) }]
    })
  }

  /** The limited metrics that could be unknown ancestors of `metric`, top-most first. */
  hiddenAbove(name: string, limited: Iterable<string>, now: number): string[] {
    const metric = storageKey(name)
    const ancestors = this.ancestorsOf(metric)
    if (this.#declared.has(this.#rootOf(metric))) return []
    const candidates: string[] = []
    for (const above of new Set(limited)) {
      const stored = storageKey(above)
      if (stored === metric || ancestors.has(stored) || this.isBelow(stored, metric)) continue
      const finding = this.#findings.get(metric)?.get(stored)
      if (finding !== undefined && now - finding.at < HIERARCHY_TTL_MS) continue
      if (this.#hidesChildren(stored, now, 0)) candidates.push(above)
    }
    return candidates.sort((a, b) => this.ancestorsOf(a).size - this.ancestorsOf(b).size)
  }

  /** Remembers what a question showed about a pair. */
  learnAncestor(name: string, ancestor: string, below: boolean, at: number): void {
    this.#note(name, ancestor, { below, at, by: 'question' })
  }

  /** Remembers what another process has told about a pair: by its lists, or by a question. */
  hearOfAncestor(name: string, ancestor: string, below: boolean, at: number, by: 'lists' | 'told'): void {
    this.#note(name, ancestor, { below, at, by })
  }

  #note(name: string, ancestor: string, finding: Finding): void {
    const metric = storageKey(name)
    let pairs = this.#findings.get(metric)
    if (pairs === undefined) {
      pairs = new Map()
      this.#findings.set(metric, pairs)
    }
    pairs.set(storageKey(ancestor), finding)
    this.changes += 1
  }

  /** Whether some metric below `above` has children that no list shows. */
  #hidesChildren(above: string, now: number, depth: number): boolean {
    const list = this.#lists.get(above)
    if (list === undefined || now - list.at > HIERARCHY_TTL_MS) return !this.#declared.has(above)
    if (depth > MAX_DEPTH) return true
    return list.children.some((child) => this.#hidesChildren(child, now, depth + 1))
  }

  #rootOf(metric: string): string {
    let root = metric
    for (let depth = 0; depth < MAX_DEPTH; depth++) {
      const parent = this.#parents.get(root)
      if (parent === undefined) break
      root = parent
    }
    return root
  }
}

function sameMembers(one: readonly string[], other: readonly string[]): boolean {
  if (one.length !== other.length) return false
  if (one.every((member, index) => member === other[index])) return true
  const members = new Set(one)
  return other.every((member) => members.has(member))
}

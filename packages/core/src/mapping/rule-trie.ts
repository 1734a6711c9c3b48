/** The paths of many rules in one tree, so that ten thousand rules cost about what a hundred do. */
import type { CompiledRule } from './compiled-rule.ts'

/** A point reached by some patterns. Literal edges hold several characters; a wildcard edge is at most one a node. */
export interface TrieNode {
  /** Text of the edge that leads here; empty behind a wildcard. */
  label: string
  readonly children: Map<number, TrieNode>
  wildcard: TrieNode | undefined
  /** Behind a wildcard: only `/`, `[` or `]` can follow, so that the wildcard takes all it can. */
  greedy: boolean
  /** Rules whose pattern ends here without `$`, with and without query conditions. */
  readonly open: RulesOfNode
  /** Rules whose pattern ends here with `$`. */
  readonly closed: RulesOfNode
  /** The match in which the node was last entered; see `createTrieMatcher`. */
  entered: number
}

export interface RulesOfNode {
  readonly unconditional: CompiledRule[]
  readonly conditional: CompiledRule[]
}

export function createTrie(rules: readonly CompiledRule[]): TrieNode {
  const root = createNode('')
  for (const rule of rules) insert(root, rule)
  return root
}

function createNode(label: string): TrieNode {
  return {
    label,
    children: new Map(),
    wildcard: undefined,
    greedy: true,
    open: { unconditional: [], conditional: [] },
    closed: { unconditional: [], conditional: [] },
    entered: 0,
  }
}

function insert(root: TrieNode, rule: CompiledRule): void {
  let node = root
  rule.texts.forEach((text, index) => {
    if (index > 0) {
      node.wildcard ??= createNode('')
      node = node.wildcard
      // Two wildcards in a row share the characters between them.
      if (text === '' ? index < rule.texts.length - 1 : !BOUNDARY.test(text)) node.greedy = false
    }
    node = descend(node, text)
  })
  const ends = rule.anchored ? node.closed : node.open
  ;(rule.conditions.length === 0 ? ends.unconditional : ends.conditional).push(rule)
}

/** What no wildcard takes: nginx leaves brackets unescaped, APIcast's character class does not have them. */
const BOUNDARY = /^[/[\]]/

function descend(from: TrieNode, text: string): TrieNode {
  let node = from
  let rest = text
  while (rest !== '') {
    const child = node.children.get(rest.charCodeAt(0))
    if (child === undefined) {
      const leaf = createNode(rest)
      node.children.set(rest.charCodeAt(0), leaf)
      return leaf
    }
    const shared = sharedLength(child.label, rest)
    node = shared === child.label.length ? child : split(node, child, shared)
    rest = rest.slice(shared)
  }
  return node
}

function split(parent: TrieNode, child: TrieNode, at: number): TrieNode {
  const middle = createNode(child.label.slice(0, at))
  child.label = child.label.slice(at)
  middle.children.set(child.label.charCodeAt(0), child)
  parent.children.set(middle.label.charCodeAt(0), middle)
  return middle
}

function sharedLength(one: string, other: string): number {
  let length = 0
  while (length < one.length && length < other.length && one[length] === other[length]) length++
  return length
}

/**
 * The patterns of all rules in one tree, so that matching ten thousand rules takes about as long as matching a hundred.
 */
import { foldedPath } from '../canonical-path.ts'
import type { CompiledRule } from '../compiled-rule.ts'

/** A position in some patterns. A literal edge has several characters; a node has at most one wildcard edge. */
export interface TrieNode {
  /** Text of the edge that leads here; empty after a wildcard. */
  label: string
  /** Children by the first character of their labels. */
  readonly children: Map<number, TrieNode>
  wildcard: TrieNode | undefined
  /** After a wildcard: only `/`, `[` or `]` can follow, so the wildcard takes as much as possible. */
  greedy: boolean
  /** Rules whose pattern ends here without `$`. */
  readonly open: CompiledRule[]
  /** Rules whose pattern ends here with `$`. */
  readonly closed: CompiledRule[]
}

/** @param folded whether the texts of patterns are folded, for paths that are. */
export function createTrie(rules: readonly CompiledRule[], folded: boolean): TrieNode {
  const root = createNode('')
  for (const rule of rules) insert(root, rule, folded ? rule.texts.map(foldedPath) : rule.texts)
  return root
}

function createNode(label: string): TrieNode {
  return { label, children: new Map(), wildcard: undefined, greedy: true, open: [], closed: [] }
}

function insert(root: TrieNode, rule: CompiledRule, texts: readonly string[]): void {
  let node = root
  texts.forEach((text, index) => {
    if (index > 0) {
      node.wildcard ??= createNode('')
      node = node.wildcard
      // Two wildcards in a row share the characters between them.
      if (text === '' ? index < texts.length - 1 : !BOUNDARY.test(text)) node.greedy = false
    }
    node = descend(node, text)
  })
  ;(rule.anchored ? node.closed : node.open).push(rule)
}

/** Characters that no wildcard matches: nginx does not escape brackets, and APIcast's character class lacks them. */
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

/**
 * The tree of rules in typed arrays, with the nodes of one branch side by side: with thousands of rules, waiting for
 * memory takes longer than comparing.
 */
import type { CompiledRule } from '../compiled-rule.ts'
import type { TrieNode } from './rule-trie.ts'

/** Offsets of a node's members, from the node's index in `nodes`. */
export const LABEL_START = 0
export const LABEL_LENGTH = 1
/** `firstCode | slots << 8 | flags`: each child has a slot, by the first character of its label. */
export const FACTS = 2
/** Index of the node after the wildcard edge, or NONE. */
export const WILDCARD = 3
/** Indices in `rules`, or NONE: rules that end here without and with `$`. */
export const OPEN = 4
export const CLOSED = 5
/** First slot: indices of the children, NONE in gaps. */
export const SLOTS = 6

export const NONE = -1
/** Flag in FACTS, for a node after a wildcard: only `/`, `[` or `]` can follow. */
export const GREEDY: number = 1 << 16
/** Flag in FACTS, for a node after a wildcard that is not greedy: several characters of the path may lead to it. */
export const REVISITED: number = 1 << 17

export interface PackedTrie {
  readonly nodes: Int32Array
  /** All labels, one after the other, in ASCII. */
  readonly labels: Uint8Array
  readonly rules: readonly PackedRules[]
}

/** The rules of one node. */
export interface PackedRules {
  readonly unconditional: readonly CompiledRule[]
  readonly conditional: readonly CompiledRule[]
}

/** The root is at index 0. */
export function packTrie(root: TrieNode): PackedTrie {
  const nodes: number[] = []
  const labels: number[] = []
  const rules: PackedRules[] = []

  function packRules(ofNode: readonly CompiledRule[]): number {
    if (ofNode.length === 0) return NONE
    const unconditional = ofNode.filter((rule) => rule.conditions.length === 0)
    return rules.push({ unconditional, conditional: ofNode.filter((rule) => rule.conditions.length > 0) }) - 1
  }

  function pack(node: TrieNode, revisited: boolean): number {
    const index = nodes.length
    const codes = [...node.children.keys()].sort((one, other) => one - other)
    const firstCode = codes[0] ?? 0
    const slotCount = codes.length === 0 ? 0 : codes.at(-1)! - firstCode + 1
    const flags = (node.greedy ? GREEDY : 0) | (revisited ? REVISITED : 0)
    nodes.push(labels.length, node.label.length, firstCode | (slotCount << 8) | flags)
    nodes.push(NONE, packRules(node.open), packRules(node.closed))
    for (let at = 0; at < node.label.length; at++) labels.push(node.label.charCodeAt(at))
    for (let slot = 0; slot < slotCount; slot++) nodes.push(NONE)
    for (const code of codes) nodes[index + SLOTS + code - firstCode] = pack(node.children.get(code)!, revisited)
    if (node.wildcard !== undefined) {
      nodes[index + WILDCARD] = pack(node.wildcard, revisited || !node.wildcard.greedy)
    }
    return index
  }

  pack(root, false)
  return { nodes: Int32Array.from(nodes), labels: Uint8Array.from(labels), rules }
}

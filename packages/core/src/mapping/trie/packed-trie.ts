/**
 * The tree of rules in typed arrays, nodes of one branch side by side: with thousands of rules it is the waiting for
 * memory that costs, not the comparing.
 */
import type { CompiledRule } from '../compiled-rule.ts'
import type { TrieNode } from './rule-trie.ts'

/** Members of a node's record, from the node's place in `nodes`. */
export const LABEL_START = 0
export const LABEL_LENGTH = 1
/** `firstCode | slots << 8 | flag`: children have a slot each by the first character of their label. */
export const FACTS = 2
/** Place of the node behind the wildcard edge, else NONE; so too the next two, which are places in `rules`. */
export const WILDCARD = 3
export const OPEN = 4
export const CLOSED = 5
/** Here begin the slots: places of children, NONE in gaps. */
export const SLOTS = 6

export const NONE = -1
/** In FACTS. Behind a wildcard: only `/`, `[` or `]` can follow. */
export const GREEDY: number = 1 << 16
/** In FACTS. Behind a wildcard that is not greedy: may be reached at several characters of the path. */
export const REVISITED: number = 1 << 17

export interface PackedTrie {
  readonly nodes: Int32Array
  /** Labels one behind the other, ASCII. */
  readonly labels: Uint8Array
  readonly rules: readonly PackedRules[]
}

/** The rules of one node. */
export interface PackedRules {
  readonly unconditional: readonly CompiledRule[]
  readonly conditional: readonly CompiledRule[]
}

/** The root is at 0. */
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
    const place = nodes.length
    const codes = [...node.children.keys()].sort((one, other) => one - other)
    const firstCode = codes[0] ?? 0
    const slotCount = codes.length === 0 ? 0 : codes.at(-1)! - firstCode + 1
    const flags = (node.greedy ? GREEDY : 0) | (revisited ? REVISITED : 0)
    nodes.push(labels.length, node.label.length, firstCode | (slotCount << 8) | flags)
    nodes.push(NONE, packRules(node.open), packRules(node.closed))
    for (let at = 0; at < node.label.length; at++) labels.push(node.label.charCodeAt(at))
    for (let slot = 0; slot < slotCount; slot++) nodes.push(NONE)
    for (const code of codes) nodes[place + SLOTS + code - firstCode] = pack(node.children.get(code)!, revisited)
    if (node.wildcard !== undefined) {
      nodes[place + WILDCARD] = pack(node.wildcard, revisited || !node.wildcard.greedy)
    }
    return place
  }

  pack(root, false)
  return { nodes: Int32Array.from(nodes), labels: Uint8Array.from(labels), rules }
}

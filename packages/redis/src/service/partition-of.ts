/** On which partition an application or caller is: by a hash of its name, the same in all processes. */

export function partitionOf(name: string, partitions: number): number {
  if (partitions === 1) return 0
  // FNV-1a. Not for secrets: it only spreads.
  let hash = 0x811c9dc5
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193)
  return (hash >>> 0) % partitions
}

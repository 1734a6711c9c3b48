/** Finds circles in a graph of imports. */

/** Each group of nodes that reach each other (strongly connected components of more than one node, by Tarjan). */
export function circlesOf(graph: ReadonlyMap<string, readonly string[]>): string[][] {
  const number = new Map<string, number>()
  const lowest = new Map<string, number>()
  const stack: string[] = []
  const circles: string[][] = []

  function visit(node: string): void {
    number.set(node, number.size)
    lowest.set(node, number.get(node)!)
    stack.push(node)
    for (const next of graph.get(node) ?? []) {
      if (!number.has(next)) visit(next)
      else if (!stack.includes(next)) continue
      lowest.set(node, Math.min(lowest.get(node)!, lowest.get(next)!))
    }
    if (lowest.get(node) !== number.get(node)) return
    const members = stack.splice(stack.indexOf(node))
    if (members.length > 1) circles.push(members.sort())
  }

  for (const node of graph.keys()) if (!number.has(node)) visit(node)
  return circles
}

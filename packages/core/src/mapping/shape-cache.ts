/** Gives equal usages the same shape object, because the ledger stores what it knows by the identity of a shape. */
import { createUsageShape, type Usage, type UsageShape } from '../domain/usage.ts'
import { UsageError } from './usage-error.ts'

/** Bounds the memory, because amounts such as bytes or tokens are always new; beyond it all shapes are dropped. */
const MAX_SHAPES = 1_000

export interface ShapeCache {
  /**
   * The shape of a usage; 'no-match' for an empty one.
   *
   * @throws UsageError if the value is not a usage.
   */
  shapeOf(usage: Usage): UsageShape | 'no-match'
}

export function createShapeCache(): ShapeCache {
  const shapes = new Map<string, UsageShape>()

  return {
    shapeOf(usage) {
      const key = keyOf(usage)
      const known = key === undefined ? undefined : shapes.get(key)
      if (known !== undefined) return known
      const shape = checkedShape(usage)
      if (shape.metrics.length === 0) return 'no-match'
      if (shapes.size >= MAX_SHAPES) shapes.clear()
      shapes.set(keyOf(usage) as string, shape)
      return shape
    },
  }
}

function keyOf(usage: Usage): string | undefined {
  if (typeof usage !== 'object' || usage === null) return undefined
  let key = ''
  // With its length, a metric may contain any characters and the key stays unambiguous.
  for (const metric of Object.keys(usage).sort()) {
    const amount: unknown = usage[metric]
    if (typeof amount !== 'number' || Object.is(amount, -0)) return undefined
    key += `${metric.length}:${metric}=${amount};`
  }
  return key
}

function checkedShape(usage: Usage): UsageShape {
  try {
    return createUsageShape(usage)
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : 'not a usage')
  }
}

// Declared vectors on their way in.

import type { VectorField } from './shapes.ts'
import { arrayTypeOf } from './types.ts'

/** Whether the lanes of a metric are bits, packed in bytes. */
export function isBitMetric(metric: VectorField['metric']): boolean {
  return metric === 'hamming' || metric === 'jaccard'
}

/** The lanes as they are stored: f32, or packed bits. Undefined when `value` is no vector of this field; see refuse.ts for why. */
export function vectorLanes(value: unknown, field: VectorField): Float32Array | Uint8Array | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  if (!Array.isArray(value) && !(ArrayBuffer.isView(value) && arrayTypeOf(value) >= 0)) return undefined
  const given = value as ArrayLike<unknown>
  const isBits = isBitMetric(field.metric)
  if (given.length !== (isBits ? field.dimension >>> 3 : field.dimension)) return undefined
  if (isBits) {
    for (let i = 0; i < given.length; i++) if (given[i] !== ((given[i] as number) & 0xff)) return undefined
    return Uint8Array.from(given as ArrayLike<number>)
  }
  const lanes = new Float32Array(given.length)
  for (let i = 0; i < lanes.length; i++) {
    const lane = given[i]
    if (typeof lane !== 'number') return undefined
    lanes[i] = lane
    if (lanes[i]! - lanes[i]! !== 0) return undefined
  }
  return lanes
}

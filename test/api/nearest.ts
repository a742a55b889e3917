// What a search should find, by plain loops over doubles.

export { distance, randomOf } from '../core/vectors.ts'

import { distance } from '../core/vectors.ts'

type Metric = 'cosine' | 'l2' | 'ip' | 'hamming' | 'jaccard'

/** The documents that have a vector, nearest first; of those just as far the one that stands first. */
export function nearestOf<D extends object>(
  documents: readonly D[],
  field: keyof D,
  metric: Metric,
  query: ArrayLike<number>,
): (D & { distance: number })[] {
  return documents
    .filter((document) => document[field] !== null && document[field] !== undefined)
    .map((document) => ({ ...document, distance: distance(metric, query, document[field] as ArrayLike<number>) }))
    .sort((a, b) => a.distance - b.distance)
}

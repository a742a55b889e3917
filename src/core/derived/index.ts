// The second door of the core: what few partitions need. Reached by import(), or from what is itself reached so.

export { Cells, ELSEWHERE } from '../filter/cells.ts'
export { type FlatOptions, FlatSearch, type Nearest, SlotSet } from '../flat.ts'
export { GROUP_NONE, GroupTable, type NumberSum } from '../group.ts'
export { type GraphQuery, Graphs } from '../hnsw.ts'
export {
  type InvertedHits,
  InvertedIndexes,
  type InvertedKind,
  type InvertedQuery,
  type InvertedStats,
  type InvertedTerms,
  type SlotTokens,
  type SlotVector,
} from '../inverted/index.ts'
export { PairTable } from '../kernel.ts'
export { type IndexPlace, type IndexShape, OrderedIndexes } from '../ordered/index.ts'
export { Places } from '../slot.ts'
export { Vectors } from '../vector.ts'

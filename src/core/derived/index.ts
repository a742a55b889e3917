// The second door of the core: what few partitions need. Reached by import(), or from modules that are themselves
// reached so.

export { Cells, ELSEWHERE } from '../filter/cells.ts'
export { FlatSearch, SlotSet } from '../flat.ts'
export { GROUP_NONE, GroupTable, type NumberSum } from '../group.ts'
export type { GraphQuery } from '../hnsw.ts'
export type {
  InvertedHits,
  InvertedKind,
  InvertedStats,
  InvertedTerms,
  SlotTokens,
  SlotVector,
} from '../inverted/index.ts'
export { PairTable } from '../kernel.ts'
export type { IndexPlace, IndexShape } from '../ordered/index.ts'
export { Places } from '../slot.ts'

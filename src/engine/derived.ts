// What is derived from documents, and searches over it: a part of the engine that is loaded on demand, see parts.ts.
// The second door of the room, for dialects that deal with indexes and analyzers.

export { indexShape, invertedShape, isInverted } from '../catalog/indexes.ts'
export { indexPlan, orderedPlan } from './indexes/index-plan.ts'
export { IndexReader, keyReader } from './indexes/index-reader.ts'
export { buildIndex, forgetIndex, noteDoubles, restoreIndexes } from './indexes/indexes.ts'
export { changeInverted, completeInverted, keepInverted, restoreInverted } from './indexes/inverted-indexes.ts'
export { InvertedParts } from './indexes/inverted-part.ts'
export { buildKeyIndex, forgetKeyIndex } from './indexes/key-index.ts'
export { MergedReader } from './indexes/merged-reader.ts'
export { sparseEntries } from './indexes/sparse.ts'
export { textPlan } from './indexes/text-plan.ts'
export { duplicateError, refuseTwin } from './indexes/unique.ts'
export { Upkeep } from './indexes/upkeep.ts'
export { runSearch } from './search/search.ts'
export { searchPages } from './search/search-iterator.ts'
export { searchRequest } from './search/search-options.ts'
export { isRanked, runRanked } from './search/search-ranked.ts'

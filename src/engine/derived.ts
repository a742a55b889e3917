// What is derived from documents, and searches over it: a part of the engine that is loaded when it is needed, see parts.ts. The second door
// of the room, for dialects that name indexes and analyzers.

export { indexShape, invertedShape, isInverted } from '../catalog/indexes.ts'
export { indexPlan, orderedPlan } from './index-plan.ts'
export { IndexReader } from './index-reader.ts'
export { buildIndex, forgetIndex, noteDoubles, restoreIndexes } from './indexes.ts'
export { changeInverted, completeInverted, keepInverted, restoreInverted } from './inverted-indexes.ts'
export { InvertedParts } from './inverted-part.ts'
export { MergedReader } from './merged-reader.ts'
export { runSearch } from './search.ts'
export { searchPages } from './search-iterator.ts'
export { searchRequest } from './search-options.ts'
export { isRanked, runRanked } from './search-ranked.ts'
export { sparseEntries } from './sparse.ts'
export { textPlan } from './text-plan.ts'
export { duplicateError, refuseTwin } from './unique.ts'
export { Upkeep } from './upkeep.ts'

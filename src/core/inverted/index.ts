export {
  type InvertedHits,
  InvertedIndexes,
  type InvertedKind,
  type InvertedStats,
  type InvertedTerms,
  type SlotTokens,
  type SlotVector,
} from './inverted.ts'

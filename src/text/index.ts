export {
  type Analyzer,
  type AnalyzerDefinition,
  type AnalyzerName,
  analyzerOf,
  type FilterDefinition,
  type TokenizerDefinition,
} from './analyzer.ts'
export {
  type FusedHit,
  normalizedScore,
  type RankedList,
  type ReciprocalOptions,
  reciprocalRankFusion,
  type ScoreKind,
  type WeightedOptions,
  weightedFusion,
} from './fusion.ts'
export { leastOf, type MatchOptions, matchesPhrase, matchesText } from './match.ts'
export { stemEnglish } from './stem.ts'

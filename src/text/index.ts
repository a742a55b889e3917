// Analyzers and matching with them: a part that is loaded on demand. Fusion (fusion.ts) is small, and has its own door.

export {
  type Analyzer,
  type AnalyzerDefinition,
  type AnalyzerName,
  analyzerOf,
  type FilterDefinition,
  loadAnalyzers,
  type PlacedToken,
  type TokenizerDefinition,
} from './analyzer.ts'
export { leastOf, type MatchOptions, phraseMatcher, textMatcher } from './match.ts'
export { stemEnglish } from './stem.ts'

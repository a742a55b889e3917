// Analyzers and what matches by them: a part that is loaded when it is needed. Fusion (fusion.ts) is small, and has a door of its own.

export {
  type Analyzer,
  type AnalyzerDefinition,
  type AnalyzerName,
  analyzerOf,
  type FilterDefinition,
  type TokenizerDefinition,
} from './analyzer.ts'
export { leastOf, type MatchOptions, matchesPhrase, matchesText } from './match.ts'
export { stemEnglish } from './stem.ts'
